"""The tasks of ``attention-np train`` and ``attention-np evaluate``, a file each; thin, as all of the command."""

from . import characters, dates, numbers, pairs, recall, scan, stories, summaries

COMMANDS = (
    summaries.COMMAND,
    numbers.COMMAND,
    dates.COMMAND,
    pairs.COMMAND,
    scan.COMMAND,
    stories.COMMAND,
    recall.COMMAND,
    characters.COMMAND,
)
