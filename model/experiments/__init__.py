"""What the lesson tries out on a model: one file an experiment, each a function of (translator, sentence, options).

They read the model and never change it; results are numpy arrays in frozen dataclasses.
"""
