"""`tf.contrib.slim` below the names of its data modules: examples that readers, decoders and queues bring from files to training.

dataset.Dataset ──▶ dataset_data_provider.DatasetDataProvider ──▶ prefetch_queue.prefetch_queue
  files, reader,      parallel_reader.parallel_read, then
  decoder             tfexample_decoder.TFExampleDecoder
"""
