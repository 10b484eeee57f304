package main_test

import (
	"archive/zip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ofDemo runs a test on the demonstration's data with a file of the page's call, once behind a server and once on files.
func ofDemo(t *testing.T, test func(t *testing.T, dir string)) {
	t.Helper()
	for _, way := range []string{"server", "files"} {
		t.Run(way, func(t *testing.T) {
			dir := t.TempDir()
			p := serve(t, dir, "--demo")
			upload(t, p, "contract.txt", []byte("signed by Carlos Ferreira"))
			if way == "files" {
				require.Zero(t, p.stop())
			}
			test(t, dir)
		})
	}
}

// pageCallID is the id of the page's call.
const pageCallID = "1a2b3c4d-5e6f-7890-abcd-ef1234567890"

func TestExport(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, "--demo")
	upload(t, p, "contract.txt", []byte("signed by Carlos Ferreira"))
	details := p.must(200, "GET", pageCall, supervisor, "")
	file := filepath.Join(t.TempDir(), "carlos.zip")
	export := func() {
		out := mustVoki(t, "export", "--data", dir, "--tenant", "avanter", "--email", "CARLOS@email.com", file)
		assert.Regexp(t, `carlos\.zip: \d+ calls, \d+ bytes\n$`, out)
		info, err := os.Stat(file)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		requireSameCall(t, details, unzip(t, file))
	}
	export()
	require.Zero(t, p.stop())
	export()
}

// requireSameCall: whatever the API's details of the page's call say, the export says too.
func requireSameCall(t *testing.T, details []byte, files map[string]string) {
	t.Helper()
	var want struct{ Data map[string]any }
	require.NoError(t, json.Unmarshal(details, &want))
	delete(want.Data, "recording_url") // which is a file here
	for name, content := range files {
		var got map[string]any
		if !strings.HasSuffix(name, "/call.json") {
			continue
		}
		require.NoError(t, json.Unmarshal([]byte(content), &got), name)
		if got["id"] == pageCallID {
			require.NotEmpty(t, want.Data)
			assert.Subset(t, got, want.Data)
			folder := strings.TrimSuffix(name, "call.json")
			assert.Equal(t, "signed by Carlos Ferreira", files[folder+"files/01-contract.txt"])
			assert.Contains(t, files, folder+"recording-mixed.webm")
			assert.Contains(t, files, folder+"transcript.json")
			assert.Contains(t, files, folder+"summary.json")
			return
		}
	}
	require.Fail(t, "the page's call is not in the export")
}

func unzip(t *testing.T, name string) map[string]string {
	t.Helper()
	archive, err := zip.OpenReader(name)
	require.NoError(t, err)
	defer archive.Close() // only read
	files := map[string]string{}
	for _, f := range archive.File {
		in, err := f.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(in)
		require.NoError(t, err)
		files[f.Name] = string(content)
	}
	return files
}

func TestErase(t *testing.T) {
	ofDemo(t, func(t *testing.T, dir string) {
		erase := func(args ...string) result {
			return voki(t, append([]string{"erase", "--data", dir, "--tenant", "avanter", "--email", "Carlos@email.com"}, args...)...)
		}
		preview := erase("--dry-run")
		require.Zero(t, preview.code, preview.stderr)
		assert.Contains(t, preview.stdout, "call "+pageCallID+"\n")
		assert.Contains(t, preview.stdout, "1 files, 1 recordings, 1 transcripts, 1 summaries: to be erased\n")

		refused := erase()
		assert.Equal(t, 1, refused.code)
		assert.Contains(t, refused.stderr, preview.stdout)
		assert.Contains(t, refused.stderr, "voki: nothing was erased; --yes does not ask\n")
		assert.Equal(t, preview, erase("--dry-run"))

		said := command(t, strings.NewReader("yes\n"), environment(), "erase", "--data", dir, "--tenant", "avanter", "--email", "Carlos@email.com")
		require.Zero(t, said.code, said.stderr)
		assert.Equal(t, strings.Replace(preview.stdout, "to be erased", "erased", 1), said.stdout)
		assert.Equal(t, "0 calls, 0 notes, 0 files, 0 recordings, 0 transcripts, 0 summaries: erased\n", erase("--yes").stdout)

		var report map[string]any
		require.NoError(t, json.Unmarshal([]byte(erase("--yes", "--json").stdout), &report))
		assert.Equal(t, map[string]any{
			"dry_run": false, "calls": []any{}, "open": []any{},
			"gone": map[string]any{"notes": 0.0, "files": 0.0, "recordings": 0.0, "transcripts": 0.0, "summaries": 0.0},
		}, report)
		check := mustVoki(t, "check", "--data", dir)
		assert.Contains(t, check, "0 files, 0 recordings: everything is in order")
	})
}

// TestEraseWhileServing: what the API gave a moment ago, it gives no more.
func TestEraseWhileServing(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, "--demo")
	file := upload(t, p, "contract.txt", []byte("signed by Carlos Ferreira"))
	mustVoki(t, "erase", "--data", dir, "--tenant", "avanter", "--email", "carlos@email.com", "--yes")
	body := p.must(200, "GET", pageCall, supervisor, "")
	assert.Contains(t, string(body), `"customer_name":"Erased customer","customer_email":null,"customer_phone":null`)
	assert.NotContains(t, string(body), "Carlos")
	for _, gone := range []string{"/recording", "/transcript", "/summary"} {
		p.must(404, "GET", pageCall+gone, supervisor, "")
	}
	p.must(404, "GET", file["url"].(string), supervisor, "")
	got := p.must(409, "POST", pageCall+"/manager-notes", supervisor, `{"notes":"Carlos called again"}`)
	assert.JSONEq(t, `{"errors":{"detail":"The customer of this call has been erased"}}`, string(got))
	page := p.must(200, "GET", "/api/v1/calls?search=carlos@email.com", supervisor, "")
	assert.Contains(t, string(page), `"total_count":0`)
}

func TestPrivacyCommandsRefuse(t *testing.T) {
	bothWays(t, func(t *testing.T, dir string) {
		archive := filepath.Join(t.TempDir(), "out.zip")
		for name, test := range map[string]struct {
			args []string
			want string
		}{
			"nobody":         {[]string{"--tenant", "example"}, "at least one of the flags in the group [email phone] is required"},
			"blank":          {[]string{"--tenant", "example", "--email", " "}, "email can't be blank without a phone number"},
			"no digits":      {[]string{"--tenant", "example", "--phone", "x"}, "phone must have digits"},
			"no company":     {[]string{"--email", "a@example.com"}, `required flag(s) "tenant" not set`},
			"unknown tenant": {[]string{"--tenant", "nope", "--phone", "1"}, `--tenant "nope": the configuration names no such company`},
		} {
			for _, args := range [][]string{{"erase", "--yes"}, {"erase", "--dry-run"}, {"export", archive}} {
				got := voki(t, append(append(args, "--data", dir), test.args...)...)
				assert.Equal(t, 1, got.code, name)
				assert.Contains(t, got.stderr, test.want, name)
				assert.Empty(t, got.stdout)
			}
		}
		assert.NoFileExists(t, archive)
		assert.NoFileExists(t, archive+".tmp")
	})
}
