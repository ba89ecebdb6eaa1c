"""BERT and MPNet in numpy, written from the papers and Transformers' documentation, apart from the product's code; and tiny models with random weights.

`python3 reference.py` prints the golden numbers of tests/unit/embeddings/encoder_test.cpp, whose fixture makes the same weights.
"""
import json
import math
import pathlib
import struct

import numpy as np


class Generator:
    """The linear congruential generator of Numerical Recipes, as tests/unit/embeddings/tiny_model.hpp has it."""

    def __init__(self, seed=1):
        self.state = seed

    def numbers(self, shape):
        out = np.empty(int(np.prod(shape)), np.float32)
        for i in range(out.size):
            self.state = (self.state * 1664525 + 1013904223) % 2**32
            out[i] = np.float32((self.state >> 8) / 2**24 - 0.5)
        return out.reshape(shape)


def tiny_config(family):
    config = {"model_type": family, "hidden_size": 32, "num_attention_heads": 2, "num_hidden_layers": 2, "intermediate_size": 64, "vocab_size": 60,
              "max_position_embeddings": 212, "layer_norm_eps": 1e-12 if family == "bert" else 1e-5, "hidden_act": "gelu"}
    config.update({"type_vocab_size": 2} if family == "bert" else {"relative_attention_num_buckets": 32, "pad_token_id": 1})
    return config


def tensor_shapes(config):
    h, f = config["hidden_size"], config["intermediate_size"]
    bert = config["model_type"] == "bert"
    yield "embeddings.word_embeddings.weight", (config["vocab_size"], h)
    yield "embeddings.position_embeddings.weight", (config["max_position_embeddings"], h)
    if bert:
        yield "embeddings.token_type_embeddings.weight", (config["type_vocab_size"], h)
    yield "embeddings.LayerNorm.weight", (h,)
    yield "embeddings.LayerNorm.bias", (h,)
    attention = ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"] if bert else [f"attention.attn.{x}" for x in "qkvo"]
    for n in range(config["num_hidden_layers"]):
        for name in attention:
            yield f"encoder.layer.{n}.{name}.weight", (h, h)
            yield f"encoder.layer.{n}.{name}.bias", (h,)
        for name, shape in ((("attention.output.LayerNorm" if bert else "attention.LayerNorm"), (h,)), ("intermediate.dense", (f, h)), ("output.dense", (h, f)), ("output.LayerNorm", (h,))):
            yield f"encoder.layer.{n}.{name}.weight", shape
            yield f"encoder.layer.{n}.{name}.bias", (shape[0],)
    if not bert:
        yield "encoder.relative_attention_bias.weight", (config["relative_attention_num_buckets"], config["num_attention_heads"])


def tiny_weights(config):
    generator = Generator()
    out = {}
    for name, shape in tensor_shapes(config):
        values = generator.numbers(shape) * np.float32(0.5)
        out[name] = values + np.float32(1) if name.endswith("LayerNorm.weight") else values
    return out


def write_model(directory, config, weights, window, pieces):
    """A model directory; weights in safetensors."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps(config))
    (directory / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": window}))
    (directory / "vocab.txt").write_text("\n".join(pieces) + "\n")
    header, at = {}, 0
    for name, values in weights.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [at, at + values.nbytes]}
        at += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(directory / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in weights.values():
            file.write(values.tobytes())


def read_safetensors(path):
    raw = pathlib.Path(path).read_bytes()
    size = struct.unpack_from("<Q", raw)[0]
    header = json.loads(raw[8:8 + size])
    return {name: np.frombuffer(raw, np.float32, count=int(np.prod(entry["shape"])), offset=8 + size + entry["data_offsets"][0]).reshape(entry["shape"])
            for name, entry in header.items() if name != "__metadata__" and entry["dtype"] == "F32"}


def layer_norm(x, weights, name, epsilon):
    mean = x.mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(-1, keepdims=True) + epsilon) * weights[name + ".weight"] + weights[name + ".bias"]


def gelu(x):
    return x / 2 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def relative_bucket(distance, buckets=32, most=128):
    half = buckets // 2
    out = half if distance > 0 else 0
    n = abs(distance)
    exact = half // 2
    if n < exact:
        return out + n
    large = exact + int(np.float32(np.log(np.float32(n) / exact)) / np.float32(math.log(most / exact)) * (half - exact))
    return out + min(large, half - 1)


def hidden_states(config, weights, ids, second=None):
    """One sequence of ids, special tokens included -> a row for each, in double precision. Tokens from `second` on are of type 1."""
    w = {name: values.astype(np.float64) for name, values in weights.items()}
    bert = config["model_type"] == "bert"
    epsilon, heads = config["layer_norm_eps"], config["num_attention_heads"]
    n, size = len(ids), config["hidden_size"] // heads
    first = 0 if bert else config["pad_token_id"] + 1
    x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][first:first + n]
    if bert:
        x = x + w["embeddings.token_type_embeddings.weight"][[int(second is not None and i >= second) for i in range(n)]]
    x = layer_norm(x, w, "embeddings.LayerNorm", epsilon)
    bias = np.zeros((heads, n, n))
    if not bert:
        table = w["encoder.relative_attention_bias.weight"]
        by_distance = np.array([table[relative_bucket(d, config["relative_attention_num_buckets"])] for d in range(-n + 1, n)])
        bias = by_distance[np.arange(n)[None, :] - np.arange(n)[:, None] + n - 1].transpose(2, 0, 1)
    q, k, v, o = (["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"] if bert else [f"attention.attn.{c}" for c in "qkvo"])
    for layer in range(config["num_hidden_layers"]):
        p = f"encoder.layer.{layer}."
        dense = lambda y, name: y @ w[p + name + ".weight"].T + w[p + name + ".bias"]
        split = lambda y: y.reshape(n, heads, size).transpose(1, 0, 2)
        scores = split(dense(x, q)) @ split(dense(x, k)).transpose(0, 2, 1) / math.sqrt(size) + bias
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ split(dense(x, v))
        x = layer_norm(x + dense(mixed.transpose(1, 0, 2).reshape(n, -1), o), w, p + ("attention.output.LayerNorm" if bert else "attention.LayerNorm"), epsilon)
        x = layer_norm(x + dense(gelu(dense(x, "intermediate.dense")), "output.dense"), w, p + "output.LayerNorm", epsilon)
    return x


def embed(config, weights, ids):
    """The vector of length 1."""
    mean = hidden_states(config, weights, ids).mean(0)
    return mean / np.linalg.norm(mean)


def classifier_shapes(config):
    h = config["hidden_size"]
    return ("pooler.dense.weight", (h, h)), ("pooler.dense.bias", (h,)), ("classifier.weight", (1, h)), ("classifier.bias", (1,))


def score(config, weights, ids, second):
    """What a BertForSequenceClassification with one label makes of a pair, through the logistic function."""
    w = {name: values.astype(np.float64) for name, values in weights.items()}
    pooled = np.tanh(w["pooler.dense.weight"] @ hidden_states(config, weights, ids, second)[0] + w["pooler.dense.bias"])
    return float(1 / (1 + np.exp(-(w["classifier.weight"] @ pooled + w["classifier.bias"])[0])))


def golden_ids(length):
    return [2 if i == 0 else 3 if i == length - 1 else 5 + i * 7 % 55 for i in range(length)]


if __name__ == "__main__":
    for family in ("bert", "mpnet"):
        config = tiny_config(family)
        weights = tiny_weights(config)
        for length in (5, 150):
            print(f"// {family}, {length} tokens")
            numbers = [f"{x:.7f}F" for x in embed(config, weights, golden_ids(length))]
            print("\n".join("    " + ", ".join(numbers[i:i + 8]) + "," for i in range(0, len(numbers), 8)))
