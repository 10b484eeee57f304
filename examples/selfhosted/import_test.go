package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// importRow is a row as the page prints it.
func importRow(n int) string {
	return fmt.Sprintf(`{"id": "call-%d", "status": "completed", "department_id": "support", "department_name": null,
		"user_id": "maria", "user_name": null, "customer_name": "Ana %d", "customer_email": "ana%d@email.com",
		"customer_phone": null, "duration": 60, "wait_time": 5, "rating": 4, "notes": "ok", "has_recording": true,
		"started_at": "2026-01-01T10:00:05Z", "completed_at": "2026-01-01T10:01:05Z", "inserted_at": "2026-01-01T10:00:00Z"}`, n, n, n)
}

// oneLine makes a line of a row.
func oneLine(row string) string { return strings.Join(strings.Fields(row), " ") + "\n" }

func TestImport(t *testing.T) {
	bothWays(t, func(t *testing.T, dir string) {
		mustVoki(t, "tag", "add", "--data", dir, "--tenant", "example", "--id", "t1", "One")
		good := oneLine(importRow(1))
		with := func(old, text string) string { return strings.Replace(oneLine(importRow(2)), old, text, 1) }
		file := filepath.Join(t.TempDir(), "calls.ndjson")
		require.NoError(t, os.WriteFile(file, []byte("\ufeff"+good+
			"\n  \r\n"+ // 2 and 3: empty
			with(`"completed"`, `"queued"`)+ // 4
			"{\n"+ // 5
			"[1]\n"+ // 6
			with(`"rating": 4`, `"rating": "4"`)+ // 7
			with(`10:00:05Z`, `yesterday`)+ // 8
			with(`"Ana 2"`, "\"\xff\"")+ // 9
			`{"id": "`+strings.Repeat("x", 5<<20)+"\"}\n"+ // 10
			with(`"notes"`, `"tags": [{"id": "nope"}], "notes"`)+ // 11
			strings.Replace(good, "Ana 1", "Eva", 1)+ // 12: another call of the same id
			strings.Replace(oneLine(importRow(13)), `"notes"`, `"tags": [{"id": "t1", "name": "x"}], "future": {}, "notes"`, 1)+
			strings.TrimSpace(oneLine(importRow(14)))), 0o600))

		got := voki(t, "import", "--data", dir, "--tenant", "example", file)
		assert.Equal(t, 1, got.code)
		assert.Contains(t, got.stdout, ": 3 imported, 0 there already, 9 bad\n")
		for line, reason := range map[int]string{
			4:  "status must be one of completed, missed, cancelled, abandoned",
			5:  "is no JSON object",
			6:  "is no JSON object",
			7:  "rating cannot be a string",
			8:  "is no time such as 2026-02-15T14:30:00Z",
			9:  "is not valid UTF-8",
			10: "is longer than 4194304 bytes",
			11: `tags: "nope" is not in the catalogue`,
			12: "id .*differs .*customer_name",
		} {
			assert.Regexp(t, fmt.Sprintf(`(?m)^line %d: .*%s`, line, reason), got.stderr)
		}
		var told []int
		for l := range strings.Lines(got.stderr) {
			var n int
			_, err := fmt.Sscanf(l, "line %d:", &n)
			require.NoError(t, err, l)
			told = append(told, n)
		}
		assert.Equal(t, []int{4, 5, 6, 7, 8, 9, 10, 11, 12}, told, "in their order")

		again := voki(t, "import", "--data", dir, "--tenant", "example", file)
		assert.Equal(t, 1, again.code)
		assert.Contains(t, again.stdout, ": 0 imported, 3 there already, 9 bad\n")

		in := bytes.NewBufferString(oneLine(importRow(20)))
		piped := command(t, in, environment(), "import", "--data", dir, "--tenant", "example", "-")
		assert.Zero(t, piped.code, piped.stderr)
		assert.Contains(t, piped.stdout, "1 imported")

		assert.Contains(t, mustVoki(t, "check", "--data", dir), "4 calls, 6 events")
	})
}

// TestRowsOfTheListAreThereAlready imports what GET /api/v1/calls prints into the server that has printed it.
func TestRowsOfTheListAreThereAlready(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, "--demo")
	l := &ledger{} // calls with microseconds, tags, files, notes and ratings
	for n := range 3 {
		require.True(t, l.oneCall(p, strconv.Itoa(n)))
	}
	var lines bytes.Buffer
	rows := 0
	for _, status := range []string{"completed", "missed", "cancelled", "abandoned"} {
		for page := 1; ; page++ {
			var got struct{ Data []json.RawMessage }
			path := fmt.Sprintf("/api/v1/calls?status=%s&page_size=100&page=%d", status, page)
			require.NoError(t, json.Unmarshal(p.must(200, "GET", path, attendant, ""), &got))
			if len(got.Data) == 0 {
				break
			}
			for _, row := range got.Data {
				lines.Write(append(row, '\n'))
			}
			rows += len(got.Data)
		}
	}
	require.Equal(t, 142+3+7+6+5, rows)
	take := func() result {
		return command(t, bytes.NewReader(lines.Bytes()), environment(), "import", "--data", dir, "--tenant", "avanter", "-")
	}
	want := fmt.Sprintf(": 0 imported, %d there already, 0 bad\n", rows)
	before := mustVoki(t, "check", "--data", dir)
	got := take()
	assert.Contains(t, got.stdout, want)
	assert.Equal(t, 0, got.code, got.stderr)
	require.Zero(t, p.stop())
	got = take()
	assert.Contains(t, got.stdout, want)
	assert.Equal(t, 0, got.code, got.stderr)
	assert.Equal(t, before, mustVoki(t, "check", "--data", dir), "nothing was written")
}

func TestImportTellsOnlySomeBadRows(t *testing.T) {
	dir := t.TempDir()
	require.Zero(t, serve(t, dir).stop())
	in := bytes.NewBufferString(strings.Repeat("{}\n", 2500))
	got := command(t, in, environment(), "import", "--data", dir, "--tenant", "example", "-")
	assert.Equal(t, 1, got.code)
	assert.Equal(t, 101, strings.Count(got.stderr, "\n"))
	assert.Contains(t, got.stdout, "0 imported, 0 there already, 2500 bad")
}

func TestImportIsInterruptedAndRepeated(t *testing.T) {
	const rows = 30_000
	dir := t.TempDir()
	p := serve(t, dir)
	file := filepath.Join(t.TempDir(), "calls.ndjson")
	var content strings.Builder
	for n := range rows {
		content.WriteString(oneLine(importRow(n)))
	}
	require.NoError(t, os.WriteFile(file, []byte(content.String()), 0o600))

	c := exec.Command(binary, "import", "--data", dir, "--tenant", "example", "-")
	in, err := c.StdinPipe()
	require.NoError(t, err)
	var stderr bytes.Buffer
	c.Env, c.Stderr = environment(), &stderr
	require.NoError(t, c.Start())
	half := content.String()[:content.Len()/2]
	_, err = in.Write([]byte(half)) // returns when nearly all of it is read
	require.NoError(t, err)
	require.NoError(t, c.Process.Signal(os.Interrupt))
	// Each line lets the command look up from its input; there are more until it has.
	for line := range strings.Lines(strings.Repeat(content.String()[content.Len()/2:], 10)) {
		if _, err = in.Write([]byte(line)); err != nil {
			break
		}
	}
	require.Error(t, err, "it reads on")
	_ = c.Wait()
	assert.Equal(t, 130, c.ProcessState.ExitCode())
	assert.Regexp(t, `interrupted after line \d+000; run it again to go on`, stderr.String())
	_ = in.Close()

	got := mustVoki(t, "import", "--data", dir, "--tenant", "example", file)
	assert.Regexp(t, `30000 rows in .*: \d+ imported, \d+000 there already, 0 bad`, got)
	assert.Contains(t, mustVoki(t, "check", "--data", dir), "30000 calls, 30000 events")
	assert.Zero(t, p.stop())
}

func TestImportShowsProgress(t *testing.T) {
	dir := t.TempDir()
	require.Zero(t, serve(t, dir).stop())
	fifo := filepath.Join(t.TempDir(), "calls.ndjson")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	var stderr output
	c := exec.Command(binary, "import", "--data", dir, "--tenant", "example", fifo)
	c.Env, c.Stderr = environment(), &stderr
	require.NoError(t, c.Start())
	in, err := os.OpenFile(fifo, os.O_WRONLY, 0)
	require.NoError(t, err)
	n := 0
	require.Eventually(t, func() bool {
		for range 1000 {
			_, err := in.WriteString(oneLine(importRow(n)))
			require.NoError(t, err)
			n++
		}
		return strings.Contains(stderr.String(), "rows/s")
	}, patience, 50*time.Millisecond)
	require.NoError(t, in.Close())
	require.NoError(t, c.Wait())
	assert.Regexp(t, `^\d+000 rows, \d+ rows/s\n`, stderr.String())
}
