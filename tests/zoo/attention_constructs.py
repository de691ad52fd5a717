"""Small transformers and forms of attention for constructs.py; batches differ in samples and lengths. name -> (build, draw, forms)"""
import torch

from attention_models import Alibi, Cross, Einsum, Encoder, Merged, OwnWeights, encoder_with_norm_first
from encoder_decoder_models import Conformer, Detr, Whisper
from transformer_models import Bert, Gpt, Llama, llama_of_pairs

BOTH = ("scripted", "traced")
WORDS = 30
SIZES = {"words": WORDS, "width": 24, "layers": 2, "length": 16}


def small(make, **sizes):
    return lambda: make(**SIZES, **sizes)


def number(low, high):
    return int(torch.randint(low, high + 1, ()))


def samples_and_length():
    return number(2, 4), number(4, 8)


def words(samples, length):
    return torch.randint(0, WORDS, (samples, length))


def sentences():
    return (words(*samples_and_length()),)


def padded_sentences():
    samples, length = samples_and_length()
    lengths = torch.randint(2, length + 1, (samples,))
    return words(samples, length), (torch.arange(length) < lengths[:, None]).long()


def sentences_with_past():
    samples, length = samples_and_length()
    return words(samples, number(1, 3)), torch.randn(2, 2, samples, 3, length, 8)


def rows():
    return (torch.randn(*samples_and_length(), 8),)


def padded_rows():
    samples, length = samples_and_length()
    return torch.randn(samples, length, 8), torch.arange(length) >= torch.randint(2, length + 1, (samples, 1))


def rows_and_source():
    samples, length = samples_and_length()
    return torch.randn(samples, length, 8), torch.randn(samples, length + number(1, 3), 8)


def features():
    return (torch.randn(*samples_and_length(), 20),)


def images():
    return (torch.randn(number(2, 4), 3, 8 * number(3, 5), 8 * number(3, 5)),)


def sound_and_words():
    samples, length = samples_and_length()
    return torch.randn(samples, 16, 2 * length), words(samples, number(3, 6))


ATTENTION = {
    "BERT": (small(Bert, heads=3), padded_sentences, BOTH),
    "GPT with a cache": (small(Gpt, heads=3), sentences_with_past, BOTH),
    "LLaMA, halves rotated": (small(Llama, heads=6, groups=2), sentences, BOTH),
    "LLaMA, pairs rotated": (small(llama_of_pairs, heads=6, groups=3), sentences, BOTH),
    "Conformer": (lambda: Conformer(width=24, heads=3, blocks=1, length=16), features, BOTH),
    "DETR": (lambda: Detr(width=24, heads=3, queries=5), images, BOTH),
    "Whisper": (small(Whisper, heads=3), sound_and_words, BOTH),
    "attention by einsum": (Einsum, rows, BOTH),
    "attention by bmm": (Merged, padded_rows, BOTH),
    "attention by baddbmm": (Alibi, rows, BOTH),
    "nn.TransformerEncoder": (Encoder, padded_rows, BOTH),
    "the same, norm first": (encoder_with_norm_first, padded_rows, BOTH),
    "nn.MultiheadAttention": (OwnWeights, rows, BOTH),
    "the same, three widths": (Cross, rows_and_source, ("traced",)),  # PyTorch 1.13 cannot script it
}
