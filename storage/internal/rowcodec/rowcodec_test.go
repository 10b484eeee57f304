package rowcodec_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/avanter/voki/storage/internal/rowcodec"
)

// row has a field of every type; its numbers are those of write and read.
type row struct {
	Bytes  []byte
	String string
	Int    int64
	Uint   uint64
	Bool   bool
	Time   time.Time
	List   []string
	Rows   []row
}

func (v row) write(w *rowcodec.Writer) {
	w.Bytes(1, v.Bytes)
	w.String(2, v.String)
	w.Int(3, v.Int)
	w.Uint(4, v.Uint)
	w.Bool(5, v.Bool)
	w.Time(6, v.Time)
	w.Strings(7, v.List)
	for _, inner := range v.Rows {
		w.Record(1000, inner.write)
	}
}

func (v *row) read(r *rowcodec.Reader) {
	for r.Next() {
		switch r.Field() {
		case 1:
			v.Bytes = r.Bytes()
		case 2:
			v.String = r.String()
		case 3:
			v.Int = r.Int()
		case 4:
			v.Uint = r.Uint()
		case 5:
			v.Bool = r.Bool()
		case 6:
			v.Time = r.Time()
		case 7:
			v.List = append(v.List, r.String())
		case 1000:
			r.Record(func(r *rowcodec.Reader) {
				var inner row
				inner.read(r)
				v.Rows = append(v.Rows, inner)
			})
		}
	}
}

func encode(v row) []byte {
	var w rowcodec.Writer
	v.write(&w)
	return w.Data()
}

func decode(data []byte) (row, error) { return read(rowcodec.NewReader(data)) }

func read(r *rowcodec.Reader) (row, error) {
	var v row
	v.read(r)
	return v, r.Err()
}

func drawRow(t *rapid.T, depth int) row {
	v := row{
		String: rapid.String().Draw(t, "string"),
		Int:    rapid.Int64().Draw(t, "int"),
		Uint:   rapid.Uint64().Draw(t, "uint"),
		Bool:   rapid.Bool().Draw(t, "bool"),
		List:   rapid.Permutation([]string{"", "a", "b"}).Draw(t, "list"),
	}
	if b := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"); len(b) > 0 {
		v.Bytes = b
	}
	if rapid.Bool().Draw(t, "timed") {
		v.Time = time.UnixMicro(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "time")).UTC()
	}
	if depth > 0 {
		for range rapid.IntRange(0, 2).Draw(t, "rows") {
			v.Rows = append(v.Rows, drawRow(t, depth-1))
		}
	}
	return v
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawRow(t, 2)
		got, err := decode(encode(want))
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func TestZeroValuesAreLeftOut(t *testing.T) {
	t.Parallel()
	require.Empty(t, encode(row{Bytes: []byte{}}))
}

func TestEpochIsNotTheZeroTime(t *testing.T) {
	t.Parallel()
	epoch := time.Unix(0, 0).UTC()
	got, err := decode(encode(row{Time: epoch}))
	require.NoError(t, err)
	require.Equal(t, epoch, got.Time)

	got, err = decode(encode(row{}))
	require.NoError(t, err)
	require.True(t, got.Time.IsZero())
}

func TestListKeepsEmptyElements(t *testing.T) {
	t.Parallel()
	want := row{List: []string{"", "x", ""}, Rows: []row{{}, {String: "y"}, {}}}
	got, err := decode(encode(want))
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestUnknownFieldsAreSkipped(t *testing.T) {
	t.Parallel()
	var w rowcodec.Writer
	w.Int(90, math.MinInt64)
	w.String(2, "known")
	w.Record(91, func(w *rowcodec.Writer) { w.Bool(1, true) })
	w.Uint(4, 7)
	got, err := decode(w.Data())
	require.NoError(t, err)
	require.Equal(t, row{String: "known", Uint: 7}, got)
}

// The bytes on the disk are a promise to later versions.
func TestWireFormat(t *testing.T) {
	t.Parallel()
	var w rowcodec.Writer
	w.String(1, "ab")
	w.Int(2, -1)
	w.Uint(3, 300)
	w.Record(4, func(w *rowcodec.Writer) { w.Bool(1, true) })
	w.Time(5, time.Unix(0, 0))
	require.Equal(t, []byte{
		1<<1 | 1, 2, 'a', 'b',
		2 << 1, 1,
		3 << 1, 0xac, 2,
		4<<1 | 1, 2, 1 << 1, 1,
		5 << 1, 0,
	}, w.Data())
}

func TestResultsDoNotAliasTheInput(t *testing.T) {
	t.Parallel()
	data := encode(row{Bytes: []byte("bytes"), String: "string"})
	got, err := decode(data)
	require.NoError(t, err)
	clear(data)
	require.Equal(t, row{Bytes: []byte("bytes"), String: "string"}, got)
}

// A reader whose strings share a copy reads the same, and what it gave stays when the input is gone.
func TestSharingReader(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawRow(t, 2)
		data := encode(want)
		got, err := read(rowcodec.NewSharingReader(data))
		require.NoError(t, err)
		clear(data)
		require.Equal(t, want, got)
	})
}

func TestDamage(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]byte{
		"field number zero":       {0, 1},
		"field number too great":  {0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 1},
		"tag alone":               {2 << 1},
		"varint cut short":        {3 << 1, 0x80},
		"varint too long":         {3 << 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2},
		"bytes cut short":         {2<<1 | 1, 3, 'a'},
		"length of 2⁶⁴-1":         {2<<1 | 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1},
		"string that is a number": {2 << 1, 1},
		"number that is a string": {3<<1 | 1, 0},
		"time that is a string":   {6<<1 | 1, 0},
		"damage in a record":      {0xd1, 0x0f, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := decode(data)
			require.ErrorIs(t, err, rowcodec.ErrDamaged)
		})
	}
}

func TestFieldNumberOutOfRangePanics(t *testing.T) {
	t.Parallel()
	for _, n := range []int{-1, 0, 1 << 29} {
		require.Panics(t, func() { new(rowcodec.Writer).Bool(n, true) })
	}
	require.Panics(t, func() { new(rowcodec.Writer).Record(0, func(*rowcodec.Writer) {}) })
}

func FuzzReader(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := decode(data)
		shared, sharedErr := read(rowcodec.NewSharingReader(data))
		require.Equal(t, v, shared)
		require.Equal(t, err, sharedErr)
		if err != nil {
			require.ErrorIs(t, err, rowcodec.ErrDamaged)
			return
		}
		// What reads well is written again and reads the same.
		again, err := decode(encode(v))
		require.NoError(t, err)
		require.Equal(t, v, again)
	})
}
