"""The learning rate over a budget of steps or of minutes: linear warm-up, then a cosine down to zero."""

import math
import time


class Schedule:
    """`fraction` runs from 0 to 1. With minutes it follows the clock, so that a run ends on time and well annealed."""

    def __init__(self, rate, steps=None, minutes=None, warmup=0.05, clock=time.monotonic):
        if (steps is None) == (minutes is None):
            raise ValueError("the budget is either steps or minutes: give one of them")
        self._rate, self._steps, self._warmup, self._clock = rate, steps, warmup, clock
        self._seconds = None if minutes is None else minutes * 60.0
        self._start = clock()
        self.reserve = 0.0

    @property
    def seconds(self):
        """Since the start."""
        return self._clock() - self._start

    def fraction(self, step):
        """How much of the budget is used; `reserve` seconds are kept back for the last validation."""
        if self._steps is not None:
            return min(1.0, step / self._steps)
        return min(1.0, self.seconds / max(1e-9, self._seconds - self.reserve))

    def rate(self, fraction):
        """The learning rate at a fraction of the budget."""
        if fraction < self._warmup:
            return self._rate * max(fraction / self._warmup, 0.01)
        return self._rate * 0.5 * (1 + math.cos(math.pi * (fraction - self._warmup) / (1 - self._warmup)))
