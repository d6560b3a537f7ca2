"""Surroundings that spoil what a process computes, or keep it from starting, where it isn't kept from them.

Each is `(variables, files)`; `{place}` is a folder of its own, which is the home and the working folder, too.
"""

import json

FLOAT16 = json.dumps({"floatx": "float16", "epsilon": 0.1, "backend": "torch", "image_data_format": "channels_first"})
LIBRARY = "lib/python{version}/site-packages"
SPOIL = "import os\nos.environ['TF_NUM_INTRAOP_THREADS'] = '1'\nspoilt = True\n"
BROKEN = "raise RuntimeError('this file must not be run')\n"

STRANGE = {
    "keras.json": ({}, {".keras/keras.json": FLOAT16}),
    "keras.json that is broken": ({}, {".keras/keras.json": '{"floatx": "float8"}'}),
    "KERAS_HOME": ({"KERAS_HOME": "{place}/other"}, {"other/keras.json": FLOAT16}),
    "KERAS_BACKEND": ({"KERAS_BACKEND": "torch"}, {}),
    "KERAS_MAX_EPOCHS": ({"KERAS_MAX_EPOCHS": "1", "KERAS_MAX_STEPS_PER_EPOCH": "2"}, {}),
    "KERAS_NNX_ENABLED": ({"KERAS_NNX_ENABLED": "1"}, {}),
    "TF_USE_LEGACY_KERAS": ({"TF_USE_LEGACY_KERAS": "1"}, {}),
    "TF_ENABLE_ONEDNN_OPTS": ({"TF_ENABLE_ONEDNN_OPTS": "0"}, {}),
    "TF threads": ({"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}, {}),
    "TF_XLA_FLAGS": ({"TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit"}, {}),
    "TF_FUNCTION_JIT_COMPILE_DEFAULT": ({"TF_FUNCTION_JIT_COMPILE_DEFAULT": "1"}, {}),
    "XLA_FLAGS": ({"XLA_FLAGS": "--no_such_flag --xla_cpu_enable_fast_math=true"}, {}),
    "JAX": ({"JAX_ENABLE_X64": "1", "JAX_DEFAULT_MATMUL_PRECISION": "bfloat16", "JAX_DISABLE_JIT": "1"}, {}),
    "OMP": ({"OMP_NUM_THREADS": "1", "OMP_DYNAMIC": "true", "KMP_AFFINITY": "disabled"}, {}),
    "MKL and DNNL": ({"MKL_NUM_THREADS": "1", "ONEDNN_MAX_CPU_ISA": "SSE41", "DNNL_MAX_CPU_ISA": "SSE41"}, {}),
    "OPENBLAS": ({"OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3"}, {}),
    "NVIDIA_TF32_OVERRIDE": ({"NVIDIA_TF32_OVERRIDE": "0", "CUDA_LAUNCH_BLOCKING": "1"}, {}),
    "MPLBACKEND": ({"MPLBACKEND": "module://matplotlib_inline.backend_inline"}, {}),
    "matplotlibrc": ({"MATPLOTLIBRC": "{place}/matplotlibrc"}, {"matplotlibrc": "backend: module://none_such\n"}),
    "PYTHONOPTIMIZE": ({"PYTHONOPTIMIZE": "2"}, {}),
    "PYTHONWARNINGS": ({"PYTHONWARNINGS": "error"}, {}),
    "PYTHONSTARTUP": ({"PYTHONSTARTUP": "{place}/start.py", "PYTHONINSPECT": "1"}, {"start.py": BROKEN}),
    "PYTHONIOENCODING": ({"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C", "LANG": "tr_TR"}, {}),
    "PYTHONHASHSEED": ({"PYTHONHASHSEED": "5", "PYTHONMALLOC": "debug", "PYTHONDEVMODE": "1"}, {}),
    "PYTHONNOUSERSITE": ({"PYTHONNOUSERSITE": "1", "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}, {}),
    "sitecustomize": ({"PYTHONPATH": "{place}/mine"}, {"mine/sitecustomize.py": SPOIL}),
    "usercustomize": ({"PYTHONUSERBASE": "{place}/base"}, {f"base/{LIBRARY}/usercustomize.py": SPOIL}),
    "a .pth file": ({"PYTHONUSERBASE": "{place}/base"}, {f"base/{LIBRARY}/a.pth": f"import os; exec({SPOIL!r})\n"}),
    "numpy.py on PYTHONPATH": ({"PYTHONPATH": "{place}/mine"}, {"mine/numpy.py": BROKEN, "mine/keras.py": BROKEN}),
    "keras.py in the folder": ({}, {"keras.py": BROKEN, "msgpack.py": BROKEN, "numpy/__init__.py": BROKEN, "pandas.py": BROKEN}),
    "LD_PRELOAD": ({"LD_PRELOAD": "{place}/none.so", "GLIBC_TUNABLES": "glibc.malloc.check=3"}, {}),
}  # fmt: skip


def lay(place, names, version):
    """The variables of these surroundings, whose files are laid into the folder."""
    found = {"HOME": str(place)}
    for name in names:
        variables, files = STRANGE[name]
        found |= {key: value.replace("{place}", str(place)) for key, value in variables.items()}
        for relative, text in files.items():
            path = place / relative.replace("{version}", version)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return found
