"""The steps of the lesson, in order. One file a step."""

from viz.pages.steps import (
    adding,
    cross_attention,
    encoder_block,
    heads,
    look_ahead_mask,
    lstm,
    output,
    padding,
    position,
    query_key_value,
    scaling,
    word_order,
)
from viz.pages.steps.step import Step

STEPS: tuple[Step, ...] = (
    lstm.STEP,
    word_order.STEP,
    position.STEP,
    adding.STEP,
    query_key_value.STEP,
    scaling.STEP,
    heads.STEP,
    encoder_block.STEP,
    padding.STEP,
    look_ahead_mask.STEP,
    cross_attention.STEP,
    output.STEP,
)
