"""Embeds sequences of token ids with sentence-transformers (torch) or ONNX Runtime: one JSON command a line on stdin, one JSON answer a line on stdout.

peer.py MODEL_DIRECTORY CACHE_DIRECTORY {torch,ort-fp32,ort-int8}; {"sequences": [[id, ...], ...], "batch": 32} -> {"wall": s, "cpu": s, "rows": first rows}
Sequences are sorted by length and padded within a batch, as sentence-transformers does.
"""
import json
import pathlib
import sys
import time

import numpy as np

THREADS = 2
directory, cache, kind = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]


def pad(batch):
    width = max(map(len, batch))
    ids, mask = np.zeros((len(batch), width), np.int64), np.zeros((len(batch), width), np.int64)
    for row, sequence in enumerate(batch):
        ids[row, :len(sequence)] = sequence
        mask[row, :len(sequence)] = 1
    return ids, mask


def pool(hidden, mask):
    mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def torch_runner():
    import torch
    from sentence_transformers import SentenceTransformer
    torch.set_num_threads(THREADS)
    model = SentenceTransformer(str(directory), device="cpu")

    def run(ids, mask):
        with torch.inference_mode():
            out = model({"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask), "token_type_ids": torch.zeros(ids.shape, dtype=torch.int64)})
        return out["sentence_embedding"].numpy()
    return run


def export(path):
    import torch
    from transformers import AutoModel
    model = AutoModel.from_pretrained(str(directory), attn_implementation="eager").eval()

    class Hidden(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask):
            return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    sample = (torch.ones((2, 16), dtype=torch.int64), torch.ones((2, 16), dtype=torch.int64))
    torch.onnx.export(Hidden(), sample, str(path), input_names=["input_ids", "attention_mask"], output_names=["hidden"], dynamo=False, opset_version=17,
                      dynamic_axes={name: {0: "batch", 1: "length"} for name in ("input_ids", "attention_mask", "hidden")})


def fuse(path, fused):
    """The transformer fusions (attention, layer norm, GELU) that ONNX Runtime offers for BERT."""
    from onnxruntime.transformers import optimizer
    optimizer.optimize_model(str(path), model_type="bert", num_heads=12, hidden_size=384, use_gpu=False).save_model_to_file(str(fused))


def ort_runner(precision):
    import onnxruntime
    cache.mkdir(parents=True, exist_ok=True)
    path, fused, small = cache / "model.onnx", cache / "fused.onnx", cache / "int8.onnx"
    if not path.exists():
        export(path)
    if not fused.exists():
        fuse(path, fused)
    if not small.exists():
        from onnx import TensorProto
        from onnxruntime.quantization import quantize_dynamic
        quantize_dynamic(str(fused), str(small), per_channel=True, extra_options={"MatMulConstBOnly": True, "DefaultTensorType": TensorProto.FLOAT})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(str(small if precision == "int8" else fused), options, providers=["CPUExecutionProvider"])

    def run(ids, mask):
        return pool(session.run(None, {"input_ids": ids, "attention_mask": mask})[0], mask)
    return run


run = torch_runner() if kind == "torch" else ort_runner(kind.split("-")[1])
run(*pad([[101, 2000, 102]] * 4))
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    command = json.loads(line)
    order = sorted(range(len(command["sequences"])), key=lambda i: len(command["sequences"][i]))
    batches = [[command["sequences"][i] for i in order[at:at + command["batch"]]] for at in range(0, len(order), command["batch"])]
    wall, cpu = time.perf_counter(), time.process_time()
    rows = np.concatenate([run(*pad(batch)) for batch in batches])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    back = np.empty_like(rows)
    back[order] = rows
    print(json.dumps({"wall": wall, "cpu": cpu, "rows": back[:64].tolist()}), flush=True)
