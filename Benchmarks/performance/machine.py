"""What figures of speed depend on beside the programs: the machine, and the versions of what is compared."""

import datetime
import importlib.metadata
import os
import pathlib
import platform
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
# What matters to the libraries, as the kernel names it.
FEATURES = (
    "sse4_2", "avx", "f16c", "fma", "avx2", "avx512f", "avx512bw", "avx512_vnni", "avx_vnni", "avx512_bf16",
    "avx512_fp16", "amx_tile", "amx_bf16", "amx_int8", "asimd", "asimddp", "i8mm", "bf16", "sve",
)
PACKAGES = (
    "torch", "torchvision", "onnxruntime", "pillow", "numpy", "hnswlib", "faiss-cpu", "usearch", "voyager",
)
# Set for a machine's other programs; the peers bring an OpenBLAS of their own, which chooses for itself.
UNSET_FOR_PEERS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def processor_information():
    with open("/proc/cpuinfo") as file:
        return dict(
            (key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in file if ":" in line)
        )


def features():
    information = processor_information()
    flags = set((information.get("flags") or information.get("Features") or "").split())
    return [feature for feature in FEATURES if feature in flags]


def kind():
    """A name for the processor's features, by which recorded ratios are kept."""
    found = set(features())
    if "asimd" in found:
        parts = ["neon"] + [name for name in ("asimddp", "i8mm", "bf16", "sve") if name in found]
        return "-".join(parts)
    parts = ["avx512" if {"avx512f", "avx512bw"} <= found else "avx2" if {"avx2", "fma"} <= found else "sse4"]
    if found & {"avx512_vnni", "avx_vnni"}:
        parts.append("vnni")
    if "avx512_bf16" in found:
        parts.append("bf16")
    if "amx_int8" in found:
        parts.append("amx")
    return "-".join(parts)


def has_bfloat16():
    return bool({"avx512_bf16", "amx_bf16", "bf16"} & set(features()))


def has_vnni():
    return bool({"avx512_vnni", "avx_vnni", "amx_int8"} & set(features()))


def cores():
    return sorted(os.sched_getaffinity(0))


def use_threads(count):
    """Every program that is started from now on gets so many processors, and is told so."""
    os.sched_setaffinity(0, set(cores()[:count]))
    os.environ["OMP_NUM_THREADS"] = str(count)


def peer_environment():
    return {name: value for name, value in os.environ.items() if name not in UNSET_FOR_PEERS}


def describe():
    information = processor_information()
    with open("/proc/meminfo") as file:
        kilobytes = int(file.readline().split()[1])
    governor = pathlib.Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return {
        "processor": information.get("model name") or platform.machine(),
        "family_model_stepping": " ".join(
            information[key] for key in ("cpu family", "model", "stepping") if key in information
        ),
        "features": features(),
        "kind": kind(),
        "cores": os.cpu_count(),
        "memory_gb": round(kilobytes * 1024 / 1e9, 1),
        "governor": governor.read_text().strip() if governor.exists() else "not known",
    }


def versions(kindred):
    found = {"kindred": output([kindred, "--version"]), "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            pass
    return found


def commit():
    """The commit that was measured, with `+` where files differ from it."""
    try:
        name = output(["git", "-C", str(REPOSITORY), "rev-parse", "--short=12", "HEAD"])
        changed = output(["git", "-C", str(REPOSITORY), "status", "--porcelain", "--", "Sources", "Package.swift"])
    except (OSError, subprocess.CalledProcessError):
        return "not known"
    return name + ("+" if changed else "")


def date():
    return datetime.date.today().isoformat()


def output(command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def introduce(kindred, threads):
    """Prints the machine."""
    found = describe()
    print(f"{found['processor']} ({found['family_model_stepping']}), {found['cores']} processors, "
          f"{found['memory_gb']} GB, governor {found['governor']}")
    print(f"features: {' '.join(found['features'])} ({found['kind']})")
    print("versions: " + ", ".join(f"{name} {version}" for name, version in versions(kindred).items()))
    print(f"threads: {threads} for every program; commit {commit()}")
    for name in UNSET_FOR_PEERS:
        was = os.environ.get(name)
        print(f"{name}: {'unset for the peers, was ' + was if was else 'not set'}")
    print(flush=True)
