# SPDX-License-Identifier: MIT
# The device files, for the manifest of any firmware: include("<this folder>/manifest.py").
freeze("device")
