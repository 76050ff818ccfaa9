"""`tf.estimator`: models written as functions, with loops that train, evaluate, predict and export them.

    calling                    which arguments a function of the user takes
    mode_keys, model_function  ModeKeys, EstimatorSpec: what a model function is given and returns
    run_config                 RunConfig
    warm_start_settings        where variables begin
    input_functions            features and labels from what an input function returns
    estimator                  Estimator
    evaluation                 one pass of evaluation, and what of it is written for TensorBoard
    heads                      heads of the ready-made classifiers and regressors, and what all heads share
    public_heads               Head and its kinds, which programs choose
    export_outputs, receivers  outputs and inputs of exported signatures
    export_folders             folders with timestamps
    export                     SavedModels of an Estimator
    exporters                  Exporter and its kinds
    train_and_evaluate         TrainSpec, EvalSpec, train_and_evaluate
    early_stopping             hooks that end training when a metric says so

Public names are those below `tf.estimator`, wherever they are defined.
"""
