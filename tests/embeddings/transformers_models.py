"""Tiny models made, run and exported by Transformers: run by a Python that has torch and transformers (test_transformers.py finds one).

transformers_models.py DIRECTORY < {"pairs": [[ids, second], ...]}: makes the model directories bert, mpnet and cross in DIRECTORY with model.safetensors, and each again as NAME-onnx
without it; prints {"scores": [...]} of cross.
"""
import json
import pathlib
import sys
import warnings

import torch
from transformers import BertConfig, BertForSequenceClassification, BertModel, MPNetConfig, MPNetModel

warnings.simplefilter("ignore")
SHAPE = {"hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 3, "intermediate_size": 256, "vocab_size": 500, "max_position_embeddings": 514}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


class Export(torch.nn.Module):
    """Names the inputs in their order."""

    def __init__(self, model, names):
        super().__init__()
        self.model, self.names = model, names

    def forward(self, *inputs):
        return self.model(**dict(zip(self.names, inputs, strict=True)))[0]


def export(model, path, names):
    path.parent.mkdir(parents=True)
    ids = torch.ones((2, 16), dtype=torch.int64)
    torch.onnx.export(Export(model, names).eval(), tuple(ids for _ in names), str(path), input_names=names, output_names=["out"], dynamo=False, opset_version=14,
                      dynamic_axes={name: {0: "batch", 1: "length"} for name in names})


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.manual_seed(5)
    models = {"bert": BertModel(BertConfig(**SHAPE)), "mpnet": MPNetModel(MPNetConfig(**SHAPE)), "cross": BertForSequenceClassification(BertConfig(num_labels=1, **SHAPE))}
    for name, model in models.items():
        model.eval()
        with torch.no_grad():
            for parameter in model.parameters():   # as after training: no two biases are equal
                parameter.add_(torch.randn_like(parameter) * 0.2)
        names = ["input_ids", "attention_mask"] + (["token_type_ids"] if name != "mpnet" else [])
        model.save_pretrained(folder / name)
        (folder / name / "vocab.txt").write_text("\n".join(SPECIAL) + "\n")
        export(model, folder / f"{name}-onnx" / ("onnx/model.onnx" if name == "bert" else "model.onnx"), names)
        for file in ("config.json", "vocab.txt"):
            (folder / f"{name}-onnx" / file).write_bytes((folder / name / file).read_bytes())
    scores = []
    for ids, second in json.load(sys.stdin)["pairs"]:
        types = [int(i >= second) for i in range(len(ids))]
        with torch.inference_mode():
            logit = models["cross"](input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([types])).logits
        scores.append(torch.sigmoid(logit).item())
    print(json.dumps({"scores": scores}))


if __name__ == "__main__":
    main()
