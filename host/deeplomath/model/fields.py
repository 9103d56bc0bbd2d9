# SPDX-License-Identifier: MIT
"""The fields of a table of a model file, taken by name and kind; what is wrong is said with file, line and field."""

from ..errors import ModelError

NEEDED = object()  # the default of a field that has none
LONGEST = 64  # characters of a name
UNKNOWN = "unknown"  # what an answer outside of the known set is called: no class is


class Fields:
    """A table of a model file. values: what tomllib read; path: where it stands; title: what messages call it.

    Each method takes a field of one kind and returns its value, or `default` if it is not there. ModelError where it has
    another kind or lies outside its limits. `rest` refuses what was not taken.
    """

    def __init__(self, file, places, values, path=(), title=""):
        self.file, self.places, self.values, self.path, self.title = file, places, values, path, title
        self.taken = set()

    def error(self, words, *where):
        """The ModelError on a field of this table, or on an item of it: where is the rest of its path."""
        while where and (*self.path, *where) not in self.places:
            where = where[:-1]
        line = self.places.get((*self.path, *where), 1)
        title = f"{self.title}: " if self.title else ""
        return ModelError(f"{self.file}:{line}: {title}{words}")

    def has(self, name):
        return name in self.values

    def take(self, name, default=NEEDED):
        """A field of any kind."""
        self.taken.add(name)
        if name not in self.values and default is NEEDED:
            raise self.error(f"{name}: missing")
        return self.values.get(name, default)

    def integer(self, name, low, high, default=NEEDED):
        value = self.take(name, default)
        return value if value is default else self.whole(name, value, low, high, name)

    def whole(self, name, value, low, high, *where):
        """A value of a field, or of an item of it, as an integer within low..high."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.error(f"{name}: {shown(value)} given, an integer needed", *where)
        if not low <= value <= high:
            raise self.error(f"{name}: {shown(value)} given, {low}..{high} allowed", *where)
        return value

    def number(self, name, low, high, default=NEEDED, unit=""):
        value = self.take(name, default)
        return value if value is default else self.real(name, value, low, high, unit, name)

    def real(self, name, value, low, high, unit, *where):
        """A value as a number within low..high, integer or not."""
        if not isinstance(value, int | float) or isinstance(value, bool) or value != value:
            raise self.error(f"{name}: {shown(value)} given, a number needed", *where)
        if not low <= value <= high:
            given = shown(value) if isinstance(value, int) else f"{value:.12g}"
            raise self.error(f"{name}: {given}{unit and ' ' + unit} given, {low:.12g}..{high:.12g} allowed", *where)
        return value

    def numbers(self, name, low, high, unit="", default=NEEDED):
        """A list of numbers."""
        values = self.array(name, default)
        if values is default:
            return values
        return [self.real(f"{name} {i + 1}", value, low, high, unit, name, i) for i, value in enumerate(values)]

    def word(self, name, words, default=NEEDED):
        """One of some words."""
        value = self.take(name, default)
        return value if value is default else self.one_of(name, value, words, name)

    def one_of(self, name, value, words, *where):
        if not isinstance(value, str) or value not in words:
            raise self.error(f"{name}: {shown(value)} given, one of {', '.join(words)} needed", *where)
        return value

    def name(self, name):
        return self.checked_name(name, self.take(name), name)

    def checked_name(self, name, value, *where):
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST or not value.isprintable():
            raise self.error(f"{name}: {shown(value)} given, a name of 1..{LONGEST} characters needed", *where)
        return value

    def array(self, name, default=NEEDED):
        value = self.take(name, default)
        if value is not default and not isinstance(value, list):
            raise self.error(f"{name}: {shown(value)} given, a list needed", name)
        return value

    def names(self, name, default=NEEDED):
        """A list of names, no two the same."""
        values = self.array(name, default)
        if values is default:
            return values
        for i, value in enumerate(values):
            self.checked_name(f"{name} {i + 1}", value, name, i)
            if value in values[:i]:
                raise self.error(f"{name} {i + 1}: {shown(value)} is there twice", name, i)
        return values

    def table(self, name, title, needed=False):
        """The Fields of a table in this one; without fields if it is not there, unless it is needed."""
        values = self.take(name, NEEDED if needed else {})
        if not isinstance(values, dict):
            raise self.error(f"{name}: a table needed", name)
        return Fields(self.file, self.places, values, (*self.path, name), title)

    def tables(self, name):
        """The tables of an array of tables, a list of dictionaries."""
        values = self.take(name)
        if not isinstance(values, list) or not values or not all(isinstance(value, dict) for value in values):
            raise self.error(f"{name}: one or more tables [[{name}]] needed", name)
        return values

    def only(self, *names):
        """The one of these fields that is there."""
        there = [name for name in names if self.has(name)]
        if len(there) != 1:
            given = " and ".join(there) or "none"
            raise self.error(f"{given} given, one of {', '.join(names)} needed", *there[1:2])
        return there[0]

    def rest(self):
        """ModelError if there is a field that nobody took."""
        for name in self.values:
            if name not in self.taken:
                known = ", ".join(sorted(self.taken)) or "none"
                raise self.error(f"{name}: no such field here, there are {known}", name)


def shown(value):
    """A value in few characters."""
    try:
        text = repr(value)
    except ValueError:  # an integer of too many digits
        text = "an integer of very many digits"
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}..." + (f" of {len(value)} characters" if isinstance(value, str) else "")
