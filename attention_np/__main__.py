"""``python -m attention_np``: the same as the command ``attention-np``."""

import sys

from .cli import main

sys.exit(main())
