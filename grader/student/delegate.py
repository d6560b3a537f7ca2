"""`Model.fit` as an order: the call goes to the trainer, its epochs come back to the student's callbacks."""

from __future__ import annotations

import functools
import inspect
import json
from collections import Counter
from collections.abc import Callable
from typing import Any, Literal

import keras

from grader.protocol.orders import Answer, Event, FitArguments, NeedPass, Order, Pass, Trained
from grader.protocol.wire import LocalTrouble, Probe, Rejected, Seen
from grader.student import augmentation, error_text, own_metrics, plain_models
from grader.student.creation_order import CreationOrder
from grader.student.feed import Cargo, Pipeline, is_pipeline, list_input_names
from grader.student.front import Front, RunEnded
from grader.student.listeners import StudentCallbacks, can_read_weights, has_batch_hooks
from grader.student.plain_trial import StopAfterOneEpoch, TrialPassed
from grader.student.probing import probe_callbacks
from grader.student.provenance import Provenance, compute_digest
from grader.student.tracing import Tracer, Untraceable

PLAIN_FIT = keras.Model.fit
SIGNATURE = inspect.signature(PLAIN_FIT)
NO_CALLBACK = (
    "A callback is an object of a class that inherits: `class Stop(tf.keras.callbacks.Callback):`, then "
    "`fit(..., callbacks=[Stop()])`."
)


class FitDelegate:
    """Numbers the student's models and turns each `fit` call into an order."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.models: dict[int, tuple[int, Any]] = {}
        self.compilations: Counter[int] = Counter()  # by model, since settings alone don't show a second call
        # By id of a variable, the number of the model that trained it first; models keep the variables alive.
        self.owners: dict[int, int] = {}
        self.provenance = Provenance(front)
        self.tracer = Tracer()
        self.creation = CreationOrder()
        self.observed = False  # whether the file trains by itself, with Keras's own methods

    def fit(self, model: Any, *args: Any, **kwargs: Any) -> Any:
        """Takes the place of `keras.Model.fit`; returns the same `History`."""
        # Bound by Keras's own signature, so that a wrong call raises the error that Keras would raise.
        bound = SIGNATURE.bind(model, *args, **kwargs)
        bound.apply_defaults()
        if self.observed:
            bound.arguments["verbose"] = 2 if bound.arguments["verbose"] in ("auto", 1) else bound.arguments["verbose"]
            return PLAIN_FIT(*bound.args, **bound.kwargs)
        return FitCall(self, model, dict(bound.arguments)).run_fit()

    def find_model_number(self, model: Any) -> int:
        """The model's number; models are kept alive, so that no id is used twice."""
        return self.models.setdefault(id(model), (len(self.models), model))[0]

    def refuse_shared_weights(self, model: Any) -> None:
        """Refuses a model that shares trained weights with another: its training can't start afresh."""
        number = self.find_model_number(model)
        for variable in model.variables:
            if self.owners.setdefault(id(variable), number) != number:
                self.front.report_unsupported(
                    "this model shares layers with a model that was trained before",
                    "build the second model from new layers, or train one model only",
                )


class FitCall:
    """One `fit` call: from its arguments to the `History` that it returns."""

    def __init__(self, delegate: FitDelegate, model: Any, arguments: dict[str, Any]) -> None:
        self.delegate, self.front, self.model, self.arguments = delegate, delegate.front, model, arguments
        self.callbacks = keras.tree.flatten(arguments["callbacks"]) if arguments["callbacks"] else []
        for callback in self.callbacks:
            if isinstance(callback, type):
                name = callback.__name__
                message = f"callbacks=[{name}] gives fit the class itself; make an object of it: callbacks=[{name}()]"
                raise _advised(TypeError(message), "In `callbacks=[...]` write the brackets after the class's name.")
            if not callable(getattr(callback, "set_model", None)):
                message = f"callbacks=[...] holds an object of the class {type(callback).__name__}, which is not a callback"
                raise _advised(TypeError(message), NO_CALLBACK)
        self.swap_ema = self._take_swapping()
        self.own_metrics: list[str] = []
        self.pipeline: Pipeline | None = None
        self.listeners: StudentCallbacks | None = None
        self.last_rate: float | None = None
        self.epoch_weights: dict[bytes, int] = {}
        self.last_digest = b""
        self.last_drawn = b""
        self.shapes: list[tuple[int | None, ...]] = []
        self.steps = 0  # since the last weights came
        self.plain: Any = model  # the model of Keras's own classes that is ordered, with the same weights

    def _take_swapping(self) -> Literal["never", "test", "epoch"]:
        """Keras's `SwapEMAWeights` belongs to the training itself; where the optimizer has no averages, it stays and says so."""
        optimizer = getattr(self.model, "optimizer", None)
        averages = getattr(getattr(optimizer, "inner_optimizer", optimizer), "use_ema", False)
        kind = keras.callbacks.SwapEMAWeights
        # Exactly Keras's class: a subclass may do anything, so it stays among the student's callbacks.
        taken = [callback for callback in self.callbacks if averages and type(callback) is kind]
        self.callbacks = [callback for callback in self.callbacks if not (averages and type(callback) is kind)]
        if not taken:
            return "never"
        return "epoch" if taken[-1].swap_on_epoch else "test"

    def run_fit(self) -> Any:
        cargo, fit = self._collect_cargo()
        self._send_order(cargo, fit)
        while True:
            match message := self.front.receive():
                case Probe(curves=curves):
                    self.front.send(probe_callbacks(self.callbacks, self.model, curves, list(self._unknown())))
                case Event():
                    with self.front.watch_callbacks():
                        self._handle_event(message)
                case NeedPass():
                    with self.front.watch_callbacks():
                        self._send_next_pass()
                case Seen():
                    return None
                case Rejected(message=text):
                    self._try_plain_keras(text)
                case Trained():
                    self._take_weights(self.front.read_arrays(message))
                    assert self.listeners is not None
                    return self.listeners.history

    def _collect_cargo(self) -> tuple[Cargo, FitArguments]:
        given = self.arguments
        cargo, batches = Cargo(), None
        steps = _to_int(given["steps_per_epoch"])
        if is_pipeline(given["x"]):
            if (changed := augmentation.explain(given["x"])) is not None:
                self.front.send_remark(changed)
            self.pipeline = Pipeline(given["x"], steps, shuffle=bool(given["shuffle"]))
            cargo, batches = self.pipeline.draw_epoch()
            # Remembered, so that a pipeline that repeats itself isn't sent again for every epoch.
            self.last_drawn = compute_digest(cargo.buffers)
        else:
            cargo.add_arrays("x", given["x"])
            for role in ("y", "sample_weight"):
                if given[role] is not None:
                    cargo.add_arrays(role, given[role])
        self.shapes = [(None, *spec.shape[1:]) for spec in cargo.specs if spec.role == "x"]
        validation_batch = self._add_validation(cargo)
        return cargo, FitArguments(
            epochs=_to_int(given["epochs"]) or 0,
            initial_epoch=_to_int(given["initial_epoch"]) or 0,
            # A pipeline has made its batches already; Keras refuses a size beside them.
            batch_size=None if batches else _to_int(given["batch_size"]),
            shuffle=bool(given["shuffle"]),
            validation_split=float(given["validation_split"] or 0.0),
            validation_batch_size=validation_batch or _to_int(given["validation_batch_size"]),
            validation_steps=None if validation_batch else _to_int(given["validation_steps"]),
            validation_freq=given["validation_freq"],
            steps_per_epoch=None if batches else steps,
            class_weight={int(key): float(value) for key, value in (given["class_weight"] or {}).items()} or None,
            batches=batches,
            goes_on=self.pipeline is not None and self.pipeline.goes_on,
            swap_ema=self.swap_ema,
        )

    def _add_validation(self, cargo: Cargo) -> int | None:
        """Adds validation data; returns a pipeline's own batch size."""
        data = self.arguments["validation_data"]
        if data is None:
            return None
        if is_pipeline(data):
            drawn, rows = Pipeline(data, _to_int(self.arguments["validation_steps"])).draw_epoch()
            for spec, buffer in zip(drawn.specs, drawn.buffers, strict=True):
                cargo.add_arrays(f"val_{spec.role}", buffer)  # type: ignore[arg-type]
            # One size stands for all batches: an accuracy doesn't depend on how the images are batched.
            return rows[0]
        for role, part in zip(("val_x", "val_y", "val_sample_weight"), data, strict=False):
            cargo.add_arrays(role, part)  # type: ignore[arg-type]
        return None

    def _send_order(self, cargo: Cargo, fit: FitArguments) -> None:
        x = self.arguments["x"]
        # The training images take 188 MB as float32; most submissions give exactly what the trainer holds already.
        cargo.skip_held(self.front.held)
        # First of all, since it finds the model of Keras's own classes, whose order of weights is the trainer's.
        architecture = self._write_architecture()
        number, variables = self.delegate.find_model_number(self.model), self._list_variables()
        self.delegate.provenance.note_initial(number, variables)
        order = Order(
            model=number,
            origin=self.delegate.provenance.find_origin(number, self.model, variables),
            compilation=self.delegate.compilations[id(self.model)],
            architecture=architecture,
            compile=self._write_compile_config(),
            fit=fit,
            arrays=cargo.specs,
            x_names=self.pipeline.names if self.pipeline else list_input_names(x),
            batch_hooks=any(has_batch_hooks(callback) for callback in self.callbacks),
            weights_each_epoch=any(can_read_weights(callback) for callback in self.callbacks),
            callbacks=[type(callback).__name__[:100] for callback in self.callbacks][:50],
            line=self.front.find_line(),
        )
        self.front.send(order, cargo.iter_portions())

    def _write_architecture(self) -> str:
        self.plain = self._find_plain_model()
        try:
            written = json.loads(self.plain.to_json())
            self.delegate.creation.sort_layers(written, self.plain)
            plain_models.write_statistics(written, self.plain)
            # The compile settings go separately, without the student's own metrics.
            return json.dumps({key: written[key] for key in written if key != "compile_config"})
        except (NotImplementedError, TypeError, ValueError) as error:
            self.front.report_unsupported(f"the model can't be saved as JSON: {error}", error_text.tell_instead(self.model.loss, "use built-in Keras layers"))

    def _find_plain_model(self) -> Any:
        try:
            return plain_models.to_plain_model(self.model, self.arguments["x"], self.shapes, self.delegate.tracer, self.front)
        except Untraceable as why:
            self.front.report_unsupported(
                f"{plain_models.describe_own(self.model)}, which the grader can't rebuild: {why.what}",
                f"{why.instead}; or build it with keras.Sequential([...]) or keras.Model(inputs, outputs)",
                why.line,
            )

    def _write_compile_config(self) -> str:
        if not self.model.compiled:
            raise ValueError("You must call `compile()` before calling `fit()`.")
        if self.model.run_eagerly:
            self.front.send_remark("run_eagerly=True is ignored: the grader trains compiled, with the same results")
        try:
            settings, self.own_metrics = own_metrics.split_settings(self.model, self.plain, self.front.send_remark)
            for name in self.own_metrics:
                self.front.send_remark(f"`{name}` is your own metric; it doesn't change the training, so it was left out")
            return json.dumps(settings)
        except own_metrics.Clash as clash:
            self.front.report_unsupported(f"your own metric has the same name as another one: {clash}", "give it another name")
        except (NotImplementedError, TypeError, ValueError) as error:
            self.front.report_unsupported(f"the compile settings can't be saved as JSON: {error}", error_text.tell_instead(self.model.loss, "use built-in losses, metrics and optimizers"))

    def _unknown(self) -> dict[str, Callable[[], Any]]:
        """By each log key of a metric of the student's own, what ends the run where it is read."""

        def tell(name: str) -> None:
            self.front.report_unsupported(
                f"`{name}` is your own metric, so the grader doesn't have its value", "use `accuracy` or another Keras metric"
            )

        keys = [key for name in self.own_metrics for key in (name, f"val_{name}")]
        return {key: functools.partial(tell, key) for key in keys}

    def _handle_event(self, event: Event) -> None:
        weights = self.front.read_arrays(event)
        # Made with the first event, since only then the number of steps is known.
        if self.listeners is None:
            self._build_model()
            self.model.stop_training = False
            self.listeners = StudentCallbacks(
                self.callbacks, self.model, epochs=_to_int(self.arguments["epochs"]) or 1, steps=event.steps,
                unknown=self._unknown(),
            )  # fmt: skip
            self.last_rate = self._read_learning_rate()
        self.steps += (event.steps or 1) * (event.hook == "epoch_end")
        if weights:
            self._take_weights(weights, event.index)
        self.listeners.call_hook(event.hook, event.index, event.logs)
        rate = self._read_learning_rate()
        changed = rate if rate != self.last_rate else None
        self.last_rate = rate
        # EarlyStopping restores the best weights in one of these hooks; hashing all weights after each batch is too
        # slow.
        restore = self._find_restored_epoch() if event.hook in ("epoch_end", "train_end") else None
        self.front.send(Answer(stop=bool(self.model.stop_training), learning_rate=changed, restore=restore))

    def _read_learning_rate(self) -> float | None:
        rate = getattr(self.model.optimizer, "_learning_rate", None)
        return float(keras.ops.convert_to_numpy(rate.value)) if isinstance(rate, keras.Variable) else None

    def _build_model(self) -> None:
        if not self.model.built:
            self.model.build(self.shapes[0] if len(self.shapes) == 1 else self.shapes)
            self.delegate.provenance.note_initial(self.delegate.find_model_number(self.model), self._list_variables())
        self.delegate.refuse_shared_weights(self.model)

    def _take_weights(self, weights: list[Any], epoch: int | None = None) -> None:
        if not weights:
            return
        number, variables = self.delegate.find_model_number(self.model), self._list_variables()
        self.last_digest = self.delegate.provenance.take_weights(number, self.model, variables, weights, self.steps)
        self.steps = 0
        if epoch is not None:
            self.epoch_weights.setdefault(self.last_digest, epoch)

    def _list_variables(self) -> list[Any]:
        """The model's weights as the trainer has them: statistics of Normalization layers went into the order."""
        fixed = {id(weight) for layer in plain_models.find_adapted_layers(self.plain).values() for weight in layer.weights}
        return [weight for weight in self.plain.weights if id(weight) not in fixed]

    def _find_restored_epoch(self) -> int | None:
        """The epoch whose weights a callback has put back (as EarlyStopping does), if one did."""
        if not self.last_digest:
            return None
        digest = compute_digest(self._list_variables())
        if digest == self.last_digest:
            return None
        # Weights that no epoch ended with were made elsewhere: training on from them couldn't be measured.
        if digest not in self.epoch_weights:
            self.front.report_unsupported(
                "a callback changed the model's weights by itself", "let only the optimizer change the weights"
            )
        self.last_digest = digest
        return self.epoch_weights[digest]

    def _send_next_pass(self) -> None:
        assert self.pipeline is not None
        cargo, rows = self.pipeline.draw_epoch()
        drawn = compute_digest(cargo.buffers)
        if drawn == self.last_drawn:
            # No arrays mean "the same as before".
            self.front.send(Pass(arrays=[]))
        else:
            self.front.send(Pass(arrays=cargo.specs, batches=rows), cargo.iter_portions())
        self.last_drawn = drawn

    def _try_plain_keras(self, text: str) -> None:
        """The trainer couldn't train this: one epoch of plain Keras here shows whose fault it is.

        If plain Keras raises too, its error is the student's, at the line of their `fit`.
        """
        arguments = {**self.arguments, "callbacks": [StopAfterOneEpoch()], "verbose": 0}
        arguments["self"] = self.model
        try:
            with self.delegate.provenance.keep_weights(self.model):
                PLAIN_FIT(**arguments)
        # Plain Keras takes what the trainer rejected, so the fault is the grader's and must not cost points.
        except TrialPassed:
            self.front.send(LocalTrouble(message=text[:2000]))
            raise RunEnded from None


def _advised(error: Exception, advice: str) -> Exception:
    """Adds advice to an error as a note, so that no code has to recognise the error by its text."""
    error.add_note(advice)
    return error


def _to_int(value: Any) -> int | None:
    return None if value is None else int(value)
