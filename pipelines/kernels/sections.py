"""Sixteen channels in vector registers: LLVM code for loading them, for a second-order section, for storing them.

A loop over channels inside a loop over rows loads and stores a filter's state at every row, which takes longer than the
arithmetic. Here the state stays in registers while the rows pass. No operation is contracted or reordered, so the
bits are those of the plain loop, on every processor. A block holds rows of the sixteen channels: (n, TILE), float64.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

TILE = 16
"""Two vectors of eight hide each other's waiting; LLVM splits them where registers are shorter."""
NUMBER, NUMBER32 = ir.VectorType(ir.DoubleType(), TILE), ir.VectorType(ir.FloatType(), TILE)
INT32 = ir.IntType(32)


@intrinsic
def load_tile(typing: Any, x: Any, start: Any, rows: Any, column: Any, block: Any) -> tuple[Any, Any]:
    """Copy ``rows`` rows of ``x`` from ``start`` on, TILE channels from ``column`` on; return whether all are finite.

    The channels of ``x`` (n_samples, n_channels) must lie side by side.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        tile = _Tile(context, builder, signature, arguments)
        probe = tile.probe()
        with tile.each(tile.index(0), arguments[2]) as row:
            value = builder.load(tile.at(0, builder.add(arguments[1], row), arguments[3]), align=4)
            tile.look(value, probe)
            builder.store(builder.fpext(value, NUMBER), tile.at(4, row), align=8)
        return tile.all_finite(probe)

    return types.boolean(x, types.intp, types.intp, types.intp, block), generate


@intrinsic
def round_tile(typing: Any, block: Any, rows: Any) -> tuple[Any, Any]:
    """Round the block to float32, as a chunk between two stages does; return whether all are finite."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        tile = _Tile(context, builder, signature, arguments)
        probe = tile.probe()
        with tile.each(tile.index(0), arguments[1]) as row:
            at = tile.at(0, row)
            value = builder.fptrunc(builder.load(at, align=8), NUMBER32)
            tile.look(value, probe)
            builder.store(builder.fpext(value, NUMBER), at, align=8)
        return tile.all_finite(probe)

    return types.boolean(block, types.intp), generate


@intrinsic
def store_tile(typing: Any, block: Any, rows: Any, out: Any, start: Any, column: Any) -> tuple[Any, Any]:
    """Copy ``rows`` rows of the block to ``out``, whose channels lie side by side: the reverse of ``load_tile``."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        tile = _Tile(context, builder, signature, arguments)
        with tile.each(tile.index(0), arguments[1]) as row:
            value = builder.load(tile.at(0, row), align=8)
            if out.dtype == types.float32:
                value = builder.fptrunc(value, NUMBER32)
            builder.store(value, tile.at(2, builder.add(arguments[3], row), arguments[4]), align=4)
        return context.get_dummy_value()

    return types.none(block, types.intp, out, types.intp, types.intp), generate


def _section_tile(numerator: str) -> Any:
    """Return a function (block, start, stop, sos, s, state, column) that takes rows through section s, in place.

    Rows s and n_sections + s of ``state`` are the section's, ``column`` the first of its TILE columns. Most numerators
    need fewer products for the same bits: ``symmetric`` is b2 = b0, ``unit`` is b2 = b0 = 1.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        tile = _Tile(context, builder, signature, arguments)
        _, start, stop, _, number, _, column = arguments
        b0, b1, b2, _, a1, a2 = (tile.spread(3, number, place) for place in range(6))
        places = [tile.at(5, row, column) for row in (number, builder.add(number, tile.length(3)))]
        states = [cgutils.alloca_once_value(builder, builder.load(place, align=8)) for place in places]
        with tile.each(start, stop) as row:
            at = tile.at(0, row)
            value, first, second = builder.load(at, align=8), *(builder.load(state) for state in states)
            now = value if numerator == "unit" else builder.fmul(b0, value)
            late = builder.fmul(b2, value) if numerator == "any" else now
            y = builder.fadd(now, first)
            moved = builder.fsub(builder.fmul(b1, value), builder.fmul(a1, y))
            builder.store(builder.fadd(moved, second), states[0])
            builder.store(builder.fsub(late, builder.fmul(a2, y)), states[1])
            builder.store(y, at, align=8)
        for place, state in zip(places, states, strict=True):
            builder.store(builder.load(state), place, align=8)
        return context.get_dummy_value()

    def section_tile(
        typing: Any, block: Any, start: Any, stop: Any, sos: Any, s: Any, state: Any, column: Any
    ) -> tuple[Any, Any]:
        return types.none(block, types.intp, types.intp, sos, types.intp, state, types.intp), generate

    return intrinsic(section_tile)


any_section, symmetric_section, unit_section = (_section_tile(kind) for kind in ("any", "symmetric", "unit"))


class _Tile:
    """What the four have in common; arrays are named by their place among the arguments."""

    def __init__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> None:
        self._context, self._builder = context, builder
        self._arrays = {
            place: context.make_array(kind)(context, builder, value)
            for place, (kind, value) in enumerate(zip(signature.args, arguments, strict=True))
            if isinstance(kind, types.Array)
        }

    def index(self, value: int) -> Any:
        return self._context.get_constant(types.intp, value)

    def each(self, start: Any, stop: Any) -> Any:
        return _Rows(self._builder, start, stop, self.index(1))

    def at(self, place: int, row: Any = None, column: Any = None) -> Any:
        """Return a pointer to TILE values of an array."""
        array, builder = self._arrays[place], self._builder
        pointer = array.data
        if row is not None:
            offset = builder.mul(row, builder.extract_value(array.strides, 0))
            pointer = cgutils.pointer_add(builder, pointer, offset)
        if column is not None:
            pointer = builder.gep(pointer, [column])
        return builder.bitcast(pointer, ir.VectorType(array.data.type.pointee, TILE).as_pointer())

    def length(self, place: int) -> Any:
        """Return the number of rows of an array."""
        return self._builder.extract_value(self._arrays[place].shape, 0)

    def spread(self, place: int, row: Any, column: int) -> Any:
        """Return a vector with one value of an array in every place."""
        builder, undefined = self._builder, ir.Constant(NUMBER, ir.Undefined)
        pointer = builder.bitcast(self.at(place, row, self.index(column)), ir.DoubleType().as_pointer())
        first = builder.insert_element(undefined, builder.load(pointer), ir.Constant(INT32, 0))
        return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(INT32, TILE), None))

    def probe(self) -> Any:
        """Return a place for what :meth:`look` finds."""
        return cgutils.alloca_once_value(self._builder, ir.Constant(NUMBER32, [0.0] * TILE))

    def look(self, value: Any, probe: Any) -> None:
        """Add the value less itself, which is 0, or no number where it is not finite."""
        builder = self._builder
        builder.store(builder.fadd(builder.load(probe), builder.fsub(value, value)), probe)

    def all_finite(self, probe: Any) -> Any:
        builder = self._builder
        found = builder.load(probe)
        bits = builder.bitcast(builder.fcmp_ordered("ord", found, found), ir.IntType(TILE))
        return builder.icmp_signed("==", bits, ir.Constant(bits.type, -1))


class _Rows:
    """``with`` for a loop over rows; gives the row."""

    def __init__(self, builder: Any, start: Any, stop: Any, step: Any) -> None:
        self._loop = cgutils.for_range_slice(builder, start, stop, step)

    def __enter__(self) -> Any:
        return self._loop.__enter__()[0]

    def __exit__(self, *exc: object) -> None:
        self._loop.__exit__(*exc)
