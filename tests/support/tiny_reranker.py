"""A reranking model of one layer, made by hand: what it scores highly is a passage with its one word. Standard library alone."""
import json
import pathlib
import struct

HIDDEN = 16
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def write(directory, word):
    """Attention without queries and keys gives the first token the mean of all; the classifier looks at the direction that only `word` has."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True)
    pieces = [*PIECES, word]
    config = {"model_type": "bert", "architectures": ["BertForSequenceClassification"], "id2label": {"0": "LABEL_0"}, "hidden_size": HIDDEN, "num_attention_heads": 1,
              "num_hidden_layers": 1, "intermediate_size": HIDDEN, "vocab_size": len(pieces), "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu"}
    (directory / "config.json").write_text(json.dumps(config))
    (directory / "vocab.txt").write_text("\n".join(pieces) + "\n")
    none, one = [0.0] * HIDDEN, [1.0] * HIDDEN
    axis = lambda n: [float(i == n) for i in range(HIDDEN)]
    identity, zero = sum(map(axis, range(HIDDEN)), []), none * HIDDEN
    tensors = {"bert.embeddings.word_embeddings.weight": axis(0) * len(PIECES) + axis(1), "bert.embeddings.position_embeddings.weight": none * 512,
               "bert.embeddings.token_type_embeddings.weight": none * 2, "classifier.weight": axis(1), "classifier.bias": [0.0]}
    for norm in ("embeddings.LayerNorm", "encoder.layer.0.attention.output.LayerNorm", "encoder.layer.0.output.LayerNorm"):
        tensors |= {f"bert.{norm}.weight": one, f"bert.{norm}.bias": none}
    for layer in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "intermediate.dense", "output.dense"):
        passes = layer in ("attention.self.value", "attention.output.dense")
        tensors |= {f"bert.encoder.layer.0.{layer}.weight": identity if passes else zero, f"bert.encoder.layer.0.{layer}.bias": none}
    tensors |= {"bert.pooler.dense.weight": identity, "bert.pooler.dense.bias": none}
    header, data = {}, b""
    for name, values in tensors.items():
        rows = {"classifier.bias": [1], "classifier.weight": [1, HIDDEN]}.get(name) or ([len(values) // HIDDEN, HIDDEN] if len(values) > HIDDEN else [HIDDEN])
        header[name] = {"dtype": "F32", "shape": rows, "data_offsets": [len(data), len(data) + 4 * len(values)]}
        data += struct.pack(f"<{len(values)}f", *values)
    text = json.dumps(header).encode()
    (directory / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
