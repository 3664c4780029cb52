"""What is decided from what the network shows. The real network is in test_lsl_stream; here every order of events."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from devices.lsl_description import Description, StreamCore
from devices.lsl_watch import GIVE_UP_S, Finding, Guard, Watch
from pipelines.errors import ChannelMismatch, RateMismatch, StreamLost
from pipelines.signal import Channel

OLD = Description(StreamCore("cap", "EEG", "serial", "lab", "old", 1, 250.0, "float32"), (Channel("A"),))


def instance(uid: str, label: str = "A", **changes: object) -> Description:
    return Description(dataclasses.replace(OLD.core, uid=uid, **changes), (Channel(label),))


class Scene:
    """A network whose streams are set by the test; descriptions may take their time."""

    def __init__(self, *streams: Description) -> None:
        self.streams = streams
        self.described = True

    def seen(self) -> Sequence[StreamCore]:
        return [stream.core for stream in self.streams]

    def description(self, uid: str) -> Description | None:
        return next(s for s in self.streams if s.core.uid == uid) if self.described else None


def guard_of(scene: Scene) -> Guard:
    return Guard(OLD, lambda core: scene, check_after_s=1.0, now_s=0.0)


class TestWatch:
    def test_nothing_answers(self) -> None:
        assert Watch(OLD, Scene()).look() is Finding.NOTHING

    def test_the_old_one_is_there_whatever_else_is(self) -> None:
        assert Watch(OLD, Scene(OLD, instance("impostor", n_channels=9))).look() is Finding.SAME

    def test_a_new_instance(self) -> None:
        scene = Scene(instance("new"))
        scene.described = False
        watch = Watch(OLD, scene)
        assert watch.look() is Finding.NOTHING
        scene.described = True
        assert watch.look() is Finding.RETURNED
        assert watch.returned == instance("new")

    def test_once_reconnected_the_old_one_that_is_still_listed_does_not_count(self) -> None:
        with pytest.raises(ChannelMismatch, match="B instead of A"):
            Watch(OLD, Scene(OLD, instance("new", "B"))).look(reconnected=True)
        assert Watch(OLD, Scene(OLD)).look(reconnected=True) is Finding.NOTHING

    def test_another_rate_is_told_before_the_description_has_come(self) -> None:
        scene = Scene(instance("new", rate_hz=500.0))
        scene.described = False
        with pytest.raises(RateMismatch):
            Watch(OLD, scene).look()

    def test_two_successors(self) -> None:
        with pytest.raises(StreamLost, match="several could be its successor"):
            Watch(OLD, Scene(instance("a"), instance("b"))).look()

    def test_without_a_source_id(self) -> None:
        opened = dataclasses.replace(OLD, core=dataclasses.replace(OLD.core, source_id=""))
        with pytest.raises(StreamLost, match="without a source_id"):
            Watch(opened, Scene(instance("new", source_id=""))).look()


class TestGuard:
    def test_while_samples_flow_nobody_looks(self) -> None:
        def network(core: StreamCore) -> Scene:
            raise AssertionError("looked")

        guard = Guard(OLD, network, check_after_s=1.0, now_s=0.0)
        for tick in range(100):
            guard.silent(0.1 * tick)
            assert not guard.must_hold(0.1 * tick + 0.05, reconnected=False)

    def test_a_silence_of_the_same_instance_holds_nothing_back(self) -> None:
        guard = guard_of(Scene(OLD))
        guard.silent(5.0)
        assert not guard.must_hold(5.1, reconnected=False)

    def test_after_an_unexplained_silence_samples_wait_until_the_stream_is_known(self) -> None:
        scene = Scene()
        guard = guard_of(scene)
        guard.silent(5.0)
        assert guard.must_hold(5.1, reconnected=False)
        assert not guard.is_cleared(5.2)
        scene.streams = (OLD,)
        assert guard.is_cleared(5.3)
        assert not guard.must_hold(5.4, reconnected=False)

    def test_after_a_reconnection_they_wait_and_the_new_instance_becomes_the_known_one(self) -> None:
        scene = Scene(instance("new"))
        guard = guard_of(scene)
        assert guard.must_hold(1.0, reconnected=True)
        assert guard.is_cleared(1.1)
        guard.silent(5.0)
        assert not guard.must_hold(5.1, reconnected=False)
        scene.streams = (instance("newer", "B"),)
        assert guard.must_hold(6.0, reconnected=True)
        with pytest.raises(ChannelMismatch):
            guard.is_cleared(6.1)

    def test_back_but_silent_is_lost_in_the_end(self) -> None:
        guard = guard_of(Scene(instance("new")))
        guard.silent(2.0)
        guard.silent(2.0 + GIVE_UP_S)
        with pytest.raises(StreamLost, match="sends nothing"):
            guard.silent(2.1 + GIVE_UP_S)

    def test_back_but_undescribed_is_lost_in_the_end(self) -> None:
        guard = guard_of(Scene())
        assert guard.must_hold(2.0, reconnected=True)
        assert not guard.is_cleared(2.0 + GIVE_UP_S)
        with pytest.raises(StreamLost, match="does not describe itself"):
            guard.is_cleared(2.1 + GIVE_UP_S)
