package rows_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/internal/kv"
	"github.com/avanter/voki/storage/internal/rowcodec"
	"github.com/avanter/voki/storage/internal/rows"
	"github.com/avanter/voki/tag"
)

var updateGolden = flag.Bool("update", false, "write the golden files anew")

func TestEveryFieldComesBack(t *testing.T) {
	t.Parallel()
	db, _, want := opened(t)
	require.NoError(t, db.View(t.Context(), func(tx storage.Tx) error {
		got, err := want.get(tx)
		require.Equal(t, want, got)
		return err
	}))
}

// The bytes of a file are a promise to every later version. If this test fails, a file that exists cannot be read any
// more, or not by an older program: see docs/storage-format.md before the golden file is written anew.
func TestFormat(t *testing.T) {
	t.Parallel()
	_, engine, _ := opened(t)
	golden := filepath.Join("testdata", "format.txt")
	got := dump(t, engine)
	if *updateGolden {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func dump(t *testing.T, engine kv.Engine) string {
	t.Helper()
	var out strings.Builder
	fmt.Fprintln(&out, "version", rows.Version())
	require.NoError(t, engine.View(t.Context(), nil, func(r kv.Reader) error {
		for k, row := range r.Ascend(nil, nil) {
			fmt.Fprintf(&out, "%+q %+q\n", k, row)
		}
		return nil
	}))
	return out.String()
}

func TestRowsOfALaterProgramAreRead(t *testing.T) {
	t.Parallel()
	db, engine, want := opened(t)
	var more rowcodec.Writer
	more.String(1000, "what a later version says")
	more.Uint(1001, 7)
	everyRow(t, engine, func(_, row []byte) []byte { return append(bytes.Clone(row), more.Data()...) })
	require.NoError(t, db.Check(t.Context()))
	require.NoError(t, db.View(t.Context(), func(tx storage.Tx) error {
		got, err := want.get(tx)
		require.Equal(t, want, got)
		return err
	}))
}

func TestDamagedRowsAreErrorsThatNameTheKey(t *testing.T) {
	t.Parallel()
	_, engine, want := opened(t)
	var keys [][]byte
	everyRow(t, engine, func(k, row []byte) []byte {
		if len(row) > 0 {
			keys = append(keys, bytes.Clone(k))
		}
		return row
	})
	require.Len(t, keys, 38)
	for _, k := range keys {
		db, engine, _ := opened(t)
		everyRow(t, engine, func(other, row []byte) []byte {
			if bytes.Equal(k, other) {
				return []byte{0xff}
			}
			return row
		})
		name := fmt.Sprintf("%q", k)
		err := db.Check(t.Context())
		require.ErrorIs(t, err, rowcodec.ErrDamaged, name)
		require.ErrorContains(t, err, name)

		err = db.Update(t.Context(), func(tx storage.Tx) error {
			if _, err := want.get(tx); err != nil {
				return err
			}
			return want.put(tx) // which alone reads the head of the log
		})
		require.ErrorIs(t, err, rowcodec.ErrDamaged, name)
		require.ErrorContains(t, err, name)

		if k[0] == 1 {
			_, err = rows.Open(t.Context(), engine)
			require.ErrorContains(t, err, name)
		}
	}
}

// everyRow replaces the value of every key.
func everyRow(t *testing.T, engine kv.Engine, change func(k, row []byte) []byte) {
	t.Helper()
	require.NoError(t, engine.Update(t.Context(), func(w kv.Writer) (func(), error) {
		for k, row := range w.Ascend(nil, nil) {
			w.Put(bytes.Clone(k), change(k, row))
		}
		return nil, nil
	}))
}

func TestAViewCannotWrite(t *testing.T) {
	t.Parallel()
	db, engine, e := opened(t)
	before := dump(t, engine)
	require.NoError(t, db.View(t.Context(), func(tx storage.Tx) error {
		_, err := tx.AppendEvent(e.event)
		require.Error(t, err)
		for _, err := range []error{
			tx.PutCall(e.call), tx.PutWaits("acme", "support", nil), tx.PutWaits("acme", "support", e.waits),
			tx.PutTag(e.tag), tx.DeleteTag("acme", e.tag.ID), tx.PutCallTags("acme", "c1", nil), tx.PutNote(e.note),
			tx.PutFile(e.file), tx.PutRecording(e.recording), tx.DeleteRecording("acme", "c1"),
			tx.PutDraft(e.draft), tx.DeleteDraft("acme", "c1"), tx.PutPart(e.part), tx.PutPending(e.pending), tx.DeletePending(e.pending.Key),
			tx.PutTranscript(e.transcript), tx.PutSummary(e.summary), tx.PutSetting("name", nil),
			tx.DeleteFile("acme", e.file.ID), tx.DeleteRecording("acme", "c1"), tx.DeleteTranscript("acme", "c1"),
			tx.DeleteSummary("acme", "c1"),
		} {
			require.Error(t, err)
		}
		return nil
	}))
	require.Equal(t, before, dump(t, engine))
}

func TestATransactionThatHasEndedIsRefused(t *testing.T) {
	t.Parallel()
	db, engine, e := opened(t)
	before := dump(t, engine)
	var kept []storage.Tx
	keep := func(tx storage.Tx) error {
		kept = append(kept, tx)
		return nil
	}
	require.NoError(t, db.View(t.Context(), keep))
	require.NoError(t, db.Update(t.Context(), keep))
	require.Panics(t, func() {
		_ = db.Update(t.Context(), func(tx storage.Tx) error { _ = keep(tx); panic("of a host") })
	})
	for _, tx := range kept {
		_, err := tx.Call("acme", "c1")
		require.Error(t, err)
		require.NotErrorIs(t, err, call.ErrNotFound)
		_, err = tx.Queue("acme", "support")
		require.Error(t, err)
		require.Error(t, tx.PutCall(e.call))
		require.Error(t, tx.DeleteTag("acme", e.tag.ID))
	}
	require.Equal(t, before, dump(t, engine))
}

// NUL ends a text in a key: an id with one names nothing, least of all something else.
func TestIDsWithNUL(t *testing.T) {
	t.Parallel()
	db, engine, e := opened(t)
	before := dump(t, engine)
	for _, id := range []string{"\x00", "c1\x00", "acme\x00c1", "c1\x00\x00"} {
		require.NoError(t, db.View(t.Context(), func(tx storage.Tx) error {
			for _, name := range [][2]string{{"acme", id}, {id, "c1"}, {id, ""}} {
				_, err := tx.Call(name[0], name[1])
				require.ErrorIs(t, err, call.ErrNotFound)
				_, err = tx.File(name[0], name[1])
				require.ErrorIs(t, err, media.ErrFileNotFound)
				events, err := tx.CallEvents(name[0], name[1], 0, 10)
				require.NoError(t, err)
				require.Empty(t, events)
				queue, err := tx.Queue(name[0], name[1])
				require.NoError(t, err)
				require.Empty(t, queue)
			}
			_, found, err := tx.PendingBlob(id)
			require.NoError(t, err)
			require.False(t, found)
			value, err := tx.Setting(id)
			require.Nil(t, value)
			return err
		}))
		page, err := db.ListCalls(t.Context(), call.Query{Tenant: id})
		require.NoError(t, err)
		require.Zero(t, page.Total)

		c := e.call
		c.ID = id
		require.Error(t, db.Update(t.Context(), func(tx storage.Tx) error {
			require.Error(t, tx.PutCall(c))
			return tx.PutTag(tag.Tag{Tenant: "acme", ID: "t9"}) // all or nothing, although the error is ignored
		}))
		require.NoError(t, db.Update(t.Context(), func(tx storage.Tx) error { return tx.DeleteTag("acme", id) }))
	}
	require.Equal(t, before, dump(t, engine))
	require.NoError(t, db.Check(t.Context()))
}

func TestTimesBefore1970AreOrderedToo(t *testing.T) {
	t.Parallel()
	db := rows.New(kv.NewMemory())
	at := []time.Time{{}, time.UnixMicro(-2_000_001), time.UnixMicro(-1), time.UnixMicro(0), time.UnixMicro(1)}
	require.NoError(t, db.Update(t.Context(), func(tx storage.Tx) error {
		for i, when := range at {
			c := call.Call{Tenant: "acme", ID: strconv.Itoa(9 - i), Status: call.Queued, InsertedAt: when}
			if err := tx.PutCall(c); err != nil {
				return err
			}
		}
		queue, err := tx.Queue("acme", "")
		require.Equal(t, []string{"9", "8", "7", "6", "5"}, queue)
		return err
	}))
	require.NoError(t, db.Check(t.Context()))
}

func TestErrorsOfTheEngineAreThoseOfStorage(t *testing.T) {
	t.Parallel()
	cause := errors.New("no space left on device")
	for engine, want := range map[error]error{
		kv.ErrFailed: storage.ErrFailed, kv.ErrClosed: storage.ErrClosed, kv.ErrLocked: storage.ErrLocked,
		kv.ErrFull: storage.ErrFull, kv.ErrDamaged: storage.ErrDamaged, rowcodec.ErrDamaged: storage.ErrDamaged,
	} {
		err := rows.StoreError(fmt.Errorf("%w: %w", engine, cause))
		require.ErrorIs(t, err, want)
		require.ErrorIs(t, err, cause)
		require.ErrorContains(t, err, cause.Error())
	}
	require.Equal(t, cause, rows.StoreError(cause))
	require.NoError(t, rows.StoreError(nil))
}
