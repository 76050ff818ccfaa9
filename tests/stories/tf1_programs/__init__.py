"""Programs as people wrote them for TensorFlow 1 and tensorflow_hub.

Each file has the two import lines of TensorFlow, and a function `main(folder)` that returns arrays by name.
`tests/stories/test_tf1_programs.py` changes these two lines and nothing else; `tests/oracle/test_live_programs.py` runs the files
as they are and stores TensorFlow's answers.
"""
