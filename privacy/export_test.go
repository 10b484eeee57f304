package privacy_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/privacy"
	"github.com/avanter/voki/storage/memory"
	"github.com/avanter/voki/tag"
)

// export returns the files of an export by their names.
func (w *world) export(t testing.TB, s privacy.Subject) (files map[string]string, calls int) {
	t.Helper()
	var b bytes.Buffer
	calls, err := w.Privacy.Export(t.Context(), manager, s, &b)
	require.NoError(t, err)
	archive, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	files = map[string]string{}
	for _, f := range archive.File {
		require.NotContains(t, files, f.Name, "twice")
		require.Equal(t, path.Clean(f.Name), f.Name)
		in, err := f.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(in)
		require.NoError(t, err)
		files[f.Name] = string(content)
	}
	return files, calls
}

func unmarshal[T any](t testing.TB, text string) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &v))
	return v
}

func TestExport(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		c := w.full(t, maria, hers)
		w.full(t, joao, "of another customer")
		open := w.enqueue(t, call.Customer{Name: "Maria", Phone: maria.Phone}, hers)
		billing, err := w.Tags.Create(t.Context(), manager, tag.Tag{Name: "Billing"})
		require.NoError(t, err)
		_, _, err = w.Tags.Add(t.Context(), supervisor, c.ID, billing.ID)
		require.NoError(t, err)
		before := w.everything(t)

		files, calls := w.export(t, privacy.Subject{Email: maria.Email, Phone: maria.Phone})
		assert.Equal(t, before, w.everything(t), "an export changes nothing")
		assert.Equal(t, 2, calls)
		day := c.InsertedAt.Format("2006-01-02")
		one, two := "calls/0001-"+day+"/", "calls/0002-"+open.InsertedAt.Format("2006-01-02")+"/"
		assert.ElementsMatch(t, []string{
			"README.txt", one + "call.json", one + "events.json", one + "notes.json", one + "files.json",
			one + "transcript.json", one + "summary.json", one + "recording.json", one + "recording-mixed.webm",
			one + "files/01-quixotex.txt", one + "files/02-quixotex.txt", two + "call.json", two + "events.json",
		}, slices.Collect(maps.Keys(files)))
		for name, content := range files {
			for _, stranger := range []string{"another customer", joao.Name, joao.Email, joao.Phone} {
				assert.NotContains(t, content, stranger, name)
			}
		}
		assert.Contains(t, files["README.txt"], "Everything that acme keeps about the customer with the e-mail address "+
			maria.Email+" or the phone number "+maria.Phone+": 2 calls.")
		assert.Equal(t, "file quixotex", files[one+"files/01-quixotex.txt"])
		assert.Equal(t, video+hers, files[one+"recording-mixed.webm"])

		row := unmarshal[map[string]any](t, files[one+"call.json"])
		for field, want := range map[string]any{
			"id": c.ID, "status": "completed", "customer_name": maria.Name, "customer_email": maria.Email,
			"customer_phone": maria.Phone, "reason": "reason quixotex", "comment": "comment quixotex", "rating": 4.0,
			"notes": "agent's notes quixotex", "has_recording": true, "user_name": "Sam", "end_reason": "normal",
			"tags": []any{map[string]any{"id": billing.ID, "name": "Billing", "color": billing.Color}},
		} {
			assert.Equal(t, want, row[field], field)
		}
		assert.Equal(t, 2, strings.Count(row["manager_notes"].(string), "Sam] note quixotex"))
		assert.Equal(t, "queued", unmarshal[map[string]any](t, files[two+"call.json"])["status"])

		timeline, err := w.Calls.Timeline(t.Context(), manager, c.ID)
		require.NoError(t, err)
		events := unmarshal[[]map[string]any](t, files[one+"events.json"])
		require.Len(t, events, len(timeline))
		for i, e := range timeline {
			assert.EqualValues(t, e.Seq, events[i]["seq"])
			assert.Equal(t, string(e.Kind), events[i]["kind"])
		}
		for name, want := range map[string]map[string]any{
			"notes.json":      {"text": "note quixotex", "author_name": "Sam"},
			"files.json":      {"filename": "quixotex.txt", "path": "files/01-quixotex.txt", "size": 13.0},
			"transcript.json": {"transcript": "Customer: quixotex", "language": "pt-BR"},
			"summary.json":    {"summary": "about quixotex", "provider": nil},
			"recording.json":  {"format": "webm", "duration": 60.0, "file_size": 20.0},
		} {
			content := files[one+name]
			if content[0] == '[' {
				content = string(unmarshal[[]json.RawMessage](t, content)[0])
			}
			assert.Subset(t, unmarshal[map[string]any](t, content), want, name)
		}
	})
}

// TestExportOfNobody is an answer too: nothing is kept.
func TestExportOfNobody(t *testing.T) {
	w := newWorld(t, memory.New(), nil)
	w.full(t, maria, hers)
	w.erase(t, privacy.Subject{Email: maria.Email})
	files, calls := w.export(t, privacy.Subject{Email: maria.Email})
	assert.Zero(t, calls)
	assert.Equal(t, []string{"README.txt"}, slices.Collect(maps.Keys(files)))
	assert.Contains(t, files["README.txt"], ": 0 calls.")
}

// TestExportOfOddNames: whatever a file is called, the archive can be unpacked, and nothing leaves its folder.
func TestExportOfOddNames(t *testing.T) {
	w := newWorld(t, memory.New(), nil)
	c := w.complete(t, w.enqueue(t, maria, ""), "")
	names := []string{"..", "a/../../b.txt", `c:\d?.txt`, "same", "same", "trailing. .", "日本.pdf", `<"|*>`}
	for _, name := range names {
		_, err := w.Media.Upload(t.Context(), supervisor, c.ID, media.Content{Name: name, Reader: strings.NewReader(name)})
		require.NoError(t, err)
	}
	files, _ := w.export(t, privacy.Subject{Email: maria.Email})
	var contents []string
	for name, content := range files {
		if folder, base := path.Split(name); strings.HasSuffix(folder, "/files/") {
			contents = append(contents, content)
			assert.NotContains(t, base, "..")
			assert.NotContains(t, base, "/")
			assert.False(t, strings.ContainsAny(base, `<>:"\|?*`), base)
		}
	}
	assert.ElementsMatch(t, names, contents)
}

// unreadable opens nothing.
type unreadable struct{ media.BlobStore }

var errUnreadable = errors.New("cannot be read")

func (unreadable) Open(context.Context, string) (io.ReadSeekCloser, error) { return nil, errUnreadable }

type fullDisk struct{}

var errFull = errors.New("no space left")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

// TestExportFailsRatherThanLeavesOut: half an answer must not look like a whole one.
func TestExportFailsRatherThanLeavesOut(t *testing.T) {
	w := newWorld(t, memory.New(), func(b media.BlobStore) media.BlobStore { return unreadable{b} })
	w.full(t, maria, hers)
	subject := privacy.Subject{Email: maria.Email}
	_, err := w.Privacy.Export(t.Context(), manager, subject, io.Discard)
	require.ErrorIs(t, err, errUnreadable)

	w = newWorld(t, memory.New(), nil)
	w.full(t, maria, hers)
	_, err = w.Privacy.Export(t.Context(), manager, subject, fullDisk{})
	require.ErrorIs(t, err, errFull)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = w.Privacy.Export(ended, manager, subject, io.Discard)
	require.ErrorIs(t, err, context.Canceled)
}
