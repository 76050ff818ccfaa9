"""Feature columns: what becomes of each feature of an example before the first layer of a model.

    base              what a column is: dense, categorical, or of sequences
    checking          checks of the arguments of columns
    serialization     columns as dictionaries, and back
    transformation    the features of a batch, each transformed once
    state             the variables, tables and modules of columns
    numeric           numeric_column, bucketized_column
    categorical       categorical columns by hash and by identity
    vocabulary        categorical columns by vocabulary
    combined          weighted_categorical_column, crossed_column
    indicator         indicator_column
    embedding         embedding_column
    shared_embedding  shared_embedding_columns
    sequence          sequence_* columns
    input_layer       input_layer, InputLayer
    linear_model      linear_model
    layers            the layers that estimators put columns into

Source: tensorflow/python/feature_column/.  There a column follows an older protocol, of `_get_dense_tensor` and its like, and
a newer one, of `get_dense_tensor`; here it follows the newer one alone, and `input_layer` and `linear_model` give it a state
that makes variables where it is asked for them.
"""
