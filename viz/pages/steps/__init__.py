"""The steps of the lesson, in order. One file a step."""

from viz.pages.steps import word_order
from viz.pages.steps.step import Step

STEPS: tuple[Step, ...] = (word_order.STEP,)
