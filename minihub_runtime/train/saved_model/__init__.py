"""`tf.saved_model`: graphs with variables, assets and signatures in a folder.

<folder>/saved_model.pb (or .pbtxt)   one MetaGraphDef per tag set
<folder>/variables/variables.*        a checkpoint
<folder>/assets/<file>                files whose paths are constants of the graph

constants     names of files, collections, tags and signatures
signatures    SignatureDefs
builder       SavedModelBuilder, simple_save
loader        load
"""
