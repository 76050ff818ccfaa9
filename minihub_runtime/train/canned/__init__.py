"""Estimators with models of their own: linear ones, networks of dense layers, both, and a bias alone.

    optimizer_names  optimisers by name
    dnn_model        networks of dense layers
    linear_model     linear models
    model_functions  the models as functions that Estimators take
    classifiers      DNNClassifier, LinearClassifier, DNNLinearCombinedClassifier, BaselineClassifier
    regressors       DNNRegressor, LinearRegressor, DNNLinearCombinedRegressor, BaselineRegressor
    with_heads       DNNEstimator, LinearEstimator, DNNLinearCombinedEstimator, BaselineEstimator
    parse_specs      classifier_parse_example_spec, regressor_parse_example_spec

Source: tensorflow_estimator/python/estimator/canned/.
"""
