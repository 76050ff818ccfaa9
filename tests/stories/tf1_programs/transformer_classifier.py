"""A classifier of sentences on a small transformer module, as people fine-tune BERT: records, TPUEstimator, decayed weights."""

import collections
import os
import re

import numpy as np
import tensorflow.compat.v1 as tf
import tensorflow_hub as hub

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "film", "was", "great", "awful", "not", "very"]
LENGTH, WIDTH, HEADS, LAYERS = 8, 12, 3, 2


def attention(x, mask, scope):
    depth = WIDTH // HEADS
    with tf.variable_scope(scope):
        parts = []
        for name in ("query", "key", "value"):
            part = tf.layers.dense(x, WIDTH, name=name)
            parts.append(tf.transpose(tf.reshape(part, [-1, LENGTH, HEADS, depth]), [0, 2, 1, 3]))
        query, key, value = parts
        scores = tf.matmul(query, key, transpose_b=True) / np.sqrt(depth)
        scores += (1.0 - tf.cast(mask[:, tf.newaxis, tf.newaxis, :], tf.float32)) * -10000.0
        context = tf.transpose(tf.matmul(tf.nn.softmax(scores), value), [0, 2, 1, 3])
        return tf.layers.dense(tf.reshape(context, [-1, LENGTH, WIDTH]), WIDTH, name="output")


def normalised(x, scope):
    with tf.variable_scope(scope):
        gamma = tf.get_variable("gamma", [WIDTH], initializer=tf.ones_initializer())
        beta = tf.get_variable("beta", [WIDTH], initializer=tf.zeros_initializer())
        mean, variance = tf.nn.moments(x, [-1], keep_dims=True)
        return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-12)


def module_fn(vocabulary, is_training):
    ids = tf.placeholder(tf.int32, [None, LENGTH], "input_ids")
    mask = tf.placeholder(tf.int32, [None, LENGTH], "input_mask")
    segments = tf.placeholder(tf.int32, [None, LENGTH], "segment_ids")
    with tf.variable_scope("bert", initializer=tf.truncated_normal_initializer(stddev=0.3, seed=5)):
        normal = tf.truncated_normal_initializer(stddev=0.5, seed=1)
        table = tf.get_variable("word_embeddings", [len(WORDS), WIDTH], initializer=normal)
        x = tf.nn.embedding_lookup(table, ids)
        kinds = tf.get_variable("token_type_embeddings", [2, WIDTH], initializer=normal)
        x += tf.reshape(
            tf.matmul(tf.one_hot(tf.reshape(segments, [-1]), 2), kinds), [-1, LENGTH, WIDTH]
        )
        x += tf.get_variable("position_embeddings", [LENGTH, WIDTH], initializer=normal)
        x = normalised(x, "LayerNorm")
        for layer in range(LAYERS):
            with tf.variable_scope("layer_%d" % layer):
                x = normalised(x + attention(x, mask, "attention"), "first/LayerNorm")
                wide = tf.layers.dense(x, 2 * WIDTH, name="intermediate")
                wide *= 0.5 * (
                    1.0 + tf.tanh(np.sqrt(2 / np.pi) * (wide + 0.044715 * tf.pow(wide, 3)))
                )
                x = normalised(x + tf.layers.dense(wide, WIDTH, name="output"), "second/LayerNorm")
        pooled = tf.layers.dense(x[:, 0], WIDTH, activation=tf.tanh, name="pooler")
        if is_training:
            pooled = tf.nn.dropout(pooled, keep_prob=1.0)
    hub.add_signature(
        name="tokens",
        inputs=dict(input_ids=ids, input_mask=mask, segment_ids=segments),
        outputs=dict(sequence_output=x, pooled_output=pooled),
    )
    path = tf.constant(vocabulary, name="vocab_file", dtype=tf.string)
    tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, path)
    hub.add_signature(
        name="tokenization_info",
        outputs=dict(vocab_file=path, do_lower_case=tf.constant(True)),
    )


def publish(folder):
    vocabulary = os.path.join(folder, "vocab.txt")
    with tf.gfile.Open(vocabulary, "w") as file:
        file.write("\n".join(WORDS))
    handle = os.path.join(folder, "module")
    spec = hub.create_module_spec(
        module_fn,
        tags_and_args=[
            (set(), dict(vocabulary=vocabulary, is_training=False)),
            ({"train"}, dict(vocabulary=vocabulary, is_training=True)),
        ],
        drop_collections=[tf.GraphKeys.LOSSES],
    )
    with tf.Graph().as_default():
        module = hub.Module(spec)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            module.export(handle, session)
    return handle


def vocabulary_of(handle):
    with tf.Graph().as_default():
        information = hub.Module(handle)(signature="tokenization_info", as_dict=True)
        with tf.Session() as session:
            path, lower = session.run([information["vocab_file"], information["do_lower_case"]])
    words = [line.rstrip("\n") for line in tf.gfile.GFile(path)]
    return {word: number for number, word in enumerate(words)}, bool(lower)


def write_records(path, examples, words, lower):
    with tf.python_io.TFRecordWriter(path) as writer:
        for text, label in examples:
            tokens = ["[CLS]"] + (text.lower() if lower else text).split()[: LENGTH - 2] + ["[SEP]"]
            ids = [words.get(token, words["[UNK]"]) for token in tokens]
            left = LENGTH - len(ids)
            features = collections.OrderedDict()
            for name, values in (
                ("input_ids", ids + [0] * left),
                ("input_mask", [1] * len(ids) + [0] * left),
                ("segment_ids", [0] * LENGTH),
                ("label_ids", [label]),
            ):
                features[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=values))
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())


def input_fn_of(path, is_training):
    features = {
        name: tf.FixedLenFeature([LENGTH], tf.int64)
        for name in ("input_ids", "input_mask", "segment_ids")
    }
    features["label_ids"] = tf.FixedLenFeature([], tf.int64)

    def decode(record):
        example = tf.parse_single_example(record, features)
        return {name: tf.to_int32(value) for name, value in example.items()}

    def input_fn(params):
        data = tf.data.TFRecordDataset(path)
        if is_training:
            data = data.repeat().shuffle(buffer_size=100, seed=7)
        return data.apply(
            tf.data.experimental.map_and_batch(
                decode, batch_size=params["batch_size"], drop_remainder=is_training
            )
        )

    return input_fn


class DecayingAdam(tf.train.Optimizer):
    """Adam without correction of its bias, whose weights decay beside it, but for biases and normalisations."""

    def __init__(self, rate):
        super(DecayingAdam, self).__init__(False, "DecayingAdam")
        self.rate = rate

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        changes = []
        for gradient, variable in grads_and_vars:
            if gradient is None:
                continue
            name = re.match("^(.*):\\d+$", variable.name).group(1)
            first, second = [
                tf.get_variable(
                    name + suffix,
                    variable.shape.as_list(),
                    tf.float32,
                    tf.zeros_initializer(),
                    trainable=False,
                )
                for suffix in ("/adam_m", "/adam_v")
            ]
            gradient = tf.convert_to_tensor(gradient)
            next_first = 0.9 * first + 0.1 * gradient
            next_second = 0.999 * second + 0.001 * tf.square(gradient)
            update = next_first / (tf.sqrt(next_second) + 1e-6)
            if not re.search("LayerNorm|bias", name):
                update += 0.01 * variable
            changes += [
                variable.assign(variable - self.rate * update),
                first.assign(next_first),
                second.assign(next_second),
            ]
        return tf.group(*changes, name=name)


def train_op_of(loss, steps, warmup):
    step = tf.train.get_or_create_global_step()
    rate = tf.train.polynomial_decay(tf.constant(0.005), step, steps, end_learning_rate=0.0)
    done = tf.cast(step, tf.float32) / warmup
    rate = tf.cond(step < warmup, lambda: 0.005 * done, lambda: rate)
    variables = tf.trainable_variables()
    gradients, _ = tf.clip_by_global_norm(tf.gradients(loss, variables), clip_norm=1.0)
    applied = DecayingAdam(rate).apply_gradients(zip(gradients, variables), global_step=step)
    # The rate depends on the step, so that this one grows after it was used.
    with tf.control_dependencies([applied]):
        return tf.group(step.assign(step + 1))


def model_fn_of(handle, steps, warmup):
    def model_fn(features, labels, mode, params):
        is_training = mode == tf.estimator.ModeKeys.TRAIN
        module = hub.Module(handle, tags={"train"} if is_training else set(), trainable=True)
        tokens = {name: features[name] for name in ("input_ids", "input_mask", "segment_ids")}
        pooled = module(tokens, signature="tokens", as_dict=True)["pooled_output"]
        weights = tf.get_variable(
            "output_weights",
            [2, WIDTH],
            initializer=tf.truncated_normal_initializer(stddev=0.02, seed=4),
        )
        bias = tf.get_variable("output_bias", [2], initializer=tf.zeros_initializer())
        with tf.variable_scope("loss"):
            logits = tf.nn.bias_add(tf.matmul(pooled, weights, transpose_b=True), bias)
            probabilities = tf.nn.softmax(logits, axis=-1)
            log_probabilities = tf.nn.log_softmax(logits, axis=-1)
            per_example = -tf.reduce_sum(
                tf.one_hot(features["label_ids"], 2) * log_probabilities, axis=-1
            )
            loss = tf.reduce_mean(per_example)
        if is_training:
            return tf.estimator.tpu.TPUEstimatorSpec(
                mode=mode, loss=loss, train_op=train_op_of(loss, steps, warmup), scaffold_fn=None
            )
        if mode == tf.estimator.ModeKeys.EVAL:

            def metric_fn(per_example, label_ids, logits):
                predicted = tf.argmax(logits, axis=-1, output_type=tf.int32)
                return {
                    "eval_accuracy": tf.metrics.accuracy(labels=label_ids, predictions=predicted),
                    "eval_loss": tf.metrics.mean(values=per_example),
                }

            return tf.estimator.tpu.TPUEstimatorSpec(
                mode=mode,
                loss=loss,
                eval_metrics=(metric_fn, [per_example, features["label_ids"], logits]),
            )
        return tf.estimator.tpu.TPUEstimatorSpec(
            mode=mode, predictions={"probabilities": probabilities}
        )

    return model_fn


def main(folder):
    handle = publish(folder)
    words, lower = vocabulary_of(handle)
    examples = [
        ("The film was great", 1),
        ("the film was awful", 0),
        ("great film", 1),
        ("awful film", 0),
        ("the film was not great", 0),
        ("the film was not awful", 1),
        ("very great", 1),
        ("very very awful film", 0),
    ]
    train, test = os.path.join(folder, "train.tf_record"), os.path.join(folder, "eval.tf_record")
    write_records(train, examples, words, lower)
    write_records(test, examples[:5] + [("Was the play very great", 1)], words, lower)
    estimator = tf.estimator.tpu.TPUEstimator(
        use_tpu=False,
        model_fn=model_fn_of(handle, 30, 3),
        config=tf.estimator.tpu.RunConfig(
            model_dir=os.path.join(folder, "model"),
            tf_random_seed=11,
            save_checkpoints_steps=10,
            tpu_config=tf.estimator.tpu.TPUConfig(
                iterations_per_loop=1000,
                num_shards=8,
                per_host_input_for_training=tf.estimator.tpu.InputPipelineConfig.PER_HOST_V2,
            ),
        ),
        train_batch_size=4,
        eval_batch_size=4,
        predict_batch_size=4,
    )
    estimator.train(input_fn=input_fn_of(train, True), max_steps=30)
    metrics = estimator.evaluate(input_fn=input_fn_of(test, False))
    predictions = [
        found["probabilities"] for found in estimator.predict(input_fn=input_fn_of(test, False))
    ]
    names = estimator.get_variable_names()
    return {
        "metrics": np.array([metrics[key] for key in ("eval_accuracy", "eval_loss", "loss")]),
        "step": np.array(metrics["global_step"]),
        "predictions": np.array(predictions),
        "names": np.array(sorted(names)),
        "weights": estimator.get_variable_value("output_weights"),
        "table": estimator.get_variable_value("module/bert/word_embeddings"),
    }
