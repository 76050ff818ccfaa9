"""Telling praise from complaints: an Estimator with a network on a text module, trained, evaluated, asked, and served."""

import os

import numpy as np
import tensorflow.compat.v1 as tf
import tensorflow_hub as hub

GOOD = ["quick", "hello", "like", "first", "more", "brown"]
BAD = ["lazy", "old", "stop", "down", "not", "little"]
SUBJECTS = ["cat", "dog", "fox", "house", "water", "people"]
PATTERNS = ["The {0} was {1}", "{1} {0}, they said", "What a {1} {0} !", "I had the {0} {1}", "{0}: {1}"]


def load_notes(count, seed):
    """Sentences and their polarity, made of the words above."""
    chosen = np.random.RandomState(seed)
    sentences, polarity = [], []
    for _ in range(count):
        good = int(chosen.randint(2))
        words = GOOD if good else BAD
        pattern = PATTERNS[chosen.randint(len(PATTERNS))]
        subject, word = SUBJECTS[chosen.randint(len(SUBJECTS))], words[chosen.randint(len(words))]
        sentences.append(pattern.format(subject, word).encode())
        polarity.append(good)
    return {"sentence": np.array(sentences)}, np.array(polarity, np.int64)


def publish_module(folder):
    """Writes a module of word vectors that knows most of the words, and some of their meaning."""
    vocabulary_file = os.path.join(folder, "words.txt")
    words = ["the", "was", "what", "a"] + SUBJECTS + GOOD[:5] + BAD[:5]
    with open(vocabulary_file, "w") as f:
        f.write("\n".join(words) + "\n")
    vectors = np.random.RandomState(3).uniform(-0.5, 0.5, [len(words) + 1, 8]).astype(np.float32)
    for number, word in enumerate(words):
        vectors[number, 0] += (word in GOOD) - (word in BAD)

    def module_fn():
        text = tf.placeholder(tf.string, [None])
        cleaned = tf.regex_replace(tf.strings.lower(text), r"[^a-z ]", "")
        tokens = tf.string_split(cleaned)
        table = tf.lookup.StaticVocabularyTable(
            tf.lookup.TextFileInitializer(
                vocabulary_file,
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
            ),
            num_oov_buckets=1,
        )
        embeddings = tf.get_variable("embeddings", initializer=vectors)
        ids = tf.SparseTensor(tokens.indices, table.lookup(tokens.values), tokens.dense_shape)
        hub.add_signature(
            inputs=text,
            outputs=tf.nn.safe_embedding_lookup_sparse([embeddings], ids, combiner="sqrtn"),
        )

    spec = hub.create_module_spec(module_fn)
    handle = os.path.join(folder, "word_vectors")
    with tf.Graph().as_default():
        module = hub.Module(spec)
        with tf.Session() as session:
            session.run([tf.global_variables_initializer(), tf.tables_initializer()])
            module.export(handle, session)
    return handle


def input_fn(features, labels, epochs=1):
    return tf.estimator.inputs.numpy_input_fn(
        features, labels, batch_size=32, num_epochs=epochs, shuffle=False
    )


def train_and_evaluate(handle, train_module, model_dir, steps=60):
    """An estimator, and what it reaches on the notes it saw and on others."""
    column = hub.text_embedding_column(key="sentence", module_spec=handle, trainable=train_module)
    estimator = tf.estimator.DNNClassifier(
        hidden_units=[16, 6],
        feature_columns=[column],
        model_dir=model_dir,
        n_classes=2,
        optimizer=tf.train.AdagradOptimizer(learning_rate=0.03),
        config=tf.estimator.RunConfig(tf_random_seed=11, save_summary_steps=20),
    )
    seen, other = load_notes(160, seed=1), load_notes(64, seed=2)
    estimator.train(input_fn=input_fn(*seen, epochs=None), steps=steps)
    return estimator, column, {
        "seen": estimator.evaluate(input_fn=input_fn(*seen)),
        "other": estimator.evaluate(input_fn=input_fn(*other)),
    }


def classes_of(estimator, features):
    predictions = estimator.predict(input_fn=input_fn(features, None))
    return np.array([prediction["class_ids"][0] for prediction in predictions])


def confusion(labels, predictions):
    """How often each polarity was taken for each, as parts of one."""
    with tf.Graph().as_default():
        matrix = tf.confusion_matrix(labels, predictions)
        with tf.Session() as session:
            counts = session.run(matrix)
    return counts.astype(np.float64) / counts.sum(axis=1)[:, np.newaxis]


def served_scores(estimator, column, folder):
    """What the exported model says of examples as they would come over a network."""
    spec = tf.feature_column.make_parse_example_spec([column])
    receiver_fn = tf.estimator.export.build_parsing_serving_input_receiver_fn(spec)
    exported = estimator.export_saved_model(folder, receiver_fn)
    examples = []
    for sentence in [b"The fox was quick", b"What a lazy house!"]:
        value = tf.train.Feature(bytes_list=tf.train.BytesList(value=[sentence]))
        example = tf.train.Example(features=tf.train.Features(feature={"sentence": value}))
        examples.append(example.SerializeToString())
    with tf.Graph().as_default(), tf.Session() as session:
        model = tf.saved_model.load(session, [tf.saved_model.tag_constants.SERVING], exported)
        signature = model.signature_def["serving_default"]
        outputs = {key: info.name for key, info in signature.outputs.items()}
        return session.run(outputs, {signature.inputs["inputs"].name: examples})


def classify(handle, folder):
    """Arrays by name, for the module frozen and trained."""
    results = {}
    for name, train_module in [("frozen", False), ("trained", True)]:
        model_dir = os.path.join(folder, name)
        estimator, column, metrics = train_and_evaluate(handle, train_module, model_dir)
        for data, values in metrics.items():
            keys = sorted(values)
            results["%s %s metrics" % (name, data)] = np.array([values[key] for key in keys], np.float64)
            results["metrics"] = np.array(keys)
        features, labels = load_notes(64, seed=2)
        predictions = classes_of(estimator, features)
        results[name + " classes"] = predictions
        results[name + " confusion"] = confusion(labels, predictions)
        results[name + " variables"] = np.array(sorted(estimator.get_variable_names()))
        kernel = estimator.get_variable_value("dnn/hiddenlayer_0/kernel")
        results[name + " kernel"] = kernel
        for key, value in served_scores(estimator, column, os.path.join(folder, name + "_served")).items():
            results["%s served %s" % (name, key)] = value
        results[name + " events"] = np.array(
            sum(file.startswith("events") for file in os.listdir(model_dir)) > 0
        )
    return results


def main(folder):
    return classify(publish_module(folder), folder)
