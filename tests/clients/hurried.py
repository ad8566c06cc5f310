"""Run awspub with waiters that look every second instead of every half minute.

Runs in awspub's own environment; the words that follow are awspub's.
"""

import sys
import time
from types import SimpleNamespace
from unittest import mock

from awspub.cli import main  # type: ignore[import-not-found]  # it is not in this environment

hurried = SimpleNamespace(sleep=lambda seconds: time.sleep(min(seconds, 1)))
with mock.patch("botocore.waiter.time", hurried):
    sys.exit(main())
