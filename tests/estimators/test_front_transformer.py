# SPDX-License-Identifier: MIT
"""FrontEndTransformer: recordings to features, the front-end's bits."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from deeplomath import Model
from deeplomath.desk import data
from deeplomath.errors import KernelError, ModelError
from deeplomath.estimators import DeeplomathClassifier, FrontEndTransformer
from deeplomath.model.model import preset


def recordings(n=12, samples=128):
    draw = np.random.default_rng(3)
    return (draw.normal(size=(n, samples, 6)) * 900).astype(np.int16)


@pytest.mark.parametrize("take", ["first", "last"])
def test_each_recording_becomes_the_event_that_the_front_end_makes_of_it(take):
    x = recordings(samples=300)
    found = FrontEndTransformer("motion", take=take).fit_transform(x)
    assert found.dtype == np.int16 and found.shape == (12, 31)
    for samples, features in zip(x, found):
        events = Model("motion").front_end().push(samples)
        assert len(events) > 1 and (features == events[0 if take == "first" else -1][1]).all()


def test_a_model_its_program_and_its_file_make_the_same(tmp_path):
    (tmp_path / "m.toml").write_text(preset("motion"), encoding="utf-8")
    x, model = recordings(), Model("motion")
    found = [
        FrontEndTransformer(m).fit_transform(x).tolist() for m in ("motion", model, model.program, tmp_path / "m.toml")
    ]
    assert found[1:] == found[:1] * 3


def test_recordings_of_unequal_lengths_are_taken_as_a_list():
    x = [recordings(1, n)[0] for n in (128, 200, 999)]
    assert FrontEndTransformer().fit_transform(x).shape == (3, 31)


def test_what_makes_no_event_is_told():
    with pytest.raises(ValueError, match="X: recording 1: 60 samples give no event"):
        FrontEndTransformer().fit_transform([recordings(1)[0], recordings(1, 60)[0]])
    with pytest.raises(ValueError, match="X: recording 0: 5 lines given, 6 needed"):
        FrontEndTransformer().fit(recordings()[:, :, :5])
    with pytest.raises(KernelError, match="32768 given"):
        FrontEndTransformer().fit(np.full((1, 128, 6), 1 << 15))
    with pytest.raises(TypeError, match="integers"):
        FrontEndTransformer().fit(np.zeros((1, 128, 6)))
    with pytest.raises(ValueError, match="take: 'all' given, 'last' or 'first' needed"):
        FrontEndTransformer(take="all").fit(recordings())
    with pytest.raises(TypeError, match="X: NoneType given, recordings .* needed"):
        FrontEndTransformer().fit(None)
    with pytest.raises(TypeError, match="model: int given, a path, a preset's name, a Model or the bytes of a program"):
        FrontEndTransformer(3).fit(recordings())
    with pytest.raises(ModelError):
        FrontEndTransformer("nothing.toml").fit(recordings())


def test_the_watch_is_learned_from_raw_samples_in_a_pipeline():
    found = data.load()
    cut = [np.asarray(data.windows(found, 1, 0, exercise))[:6] for exercise in range(4)]
    x, y = np.concatenate(cut), np.repeat(np.arange(4), [len(windows) for windows in cut])
    pipeline = make_pipeline(FrontEndTransformer("motion"), DeeplomathClassifier())
    assert cross_val_score(clone(pipeline), x, y, cv=3).mean() > 0.8
    assert pipeline.fit(x, y)[-1].scale_ is None  # a board's own features, as they are
    assert pipeline[:-1].get_feature_names_out()[:2].tolist() == ["feature0", "feature1"]
