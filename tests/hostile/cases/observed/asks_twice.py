# exercise: observed
# expect: forbidden
# message: interfered
"""Asks for images a second time, to answer for the better ones."""
import gc


def train():
    from grader.protocol.wire import Guesses, Observed
    from grader.student.front import Front

    front = next(thing for thing in gc.get_objects() if isinstance(thing, Front))

    def predict(images):
        return [1] * len(images)

    front.send(Observed())
    images = front.read_arrays(front.receive())[0]
    front.send(Guesses(classes=[1] * len(images)))
    return predict, [0.99]
