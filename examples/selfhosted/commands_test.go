package main_test

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bothWays runs a test on the data of the example configuration, once behind a server and once on the files.
func bothWays(t *testing.T, test func(t *testing.T, dir string)) {
	t.Helper()
	t.Run("server", func(t *testing.T) {
		dir := t.TempDir()
		p := serve(t, dir)
		test(t, dir)
		assert.Zero(t, p.stop())
	})
	t.Run("files", func(t *testing.T) {
		dir := t.TempDir()
		require.Zero(t, serve(t, dir).stop())
		test(t, dir)
	})
}

func TestTags(t *testing.T) {
	bothWays(t, func(t *testing.T, dir string) {
		tag := func(args ...string) result {
			return voki(t, append([]string{"tag", args[0], "--data", dir, "--tenant", "example"}, args[1:]...)...)
		}
		assert.Equal(t, result{stdout: "t1  #f59e0b  Cobrança\n"}, tag("add", "Cobrança", "--id", "t1", "--color", "#f59e0b"))
		assert.Equal(t, result{stdout: "t2  #6b7280  Other\n"}, tag("add", "Other", "--id", "t2"))
		assert.Equal(t, result{stdout: "t1  #f59e0b  Billing\n"}, tag("rename", "cobranca", "Billing"))
		assert.Equal(t, result{stdout: "t1  #000000  Billing\n"}, tag("rename", "t1", "--color", "#000000"))
		assert.Equal(t, result{stdout: "t2  #6b7280  Other\n"}, tag("remove", "Other"))
		assert.Equal(t, result{stdout: "t1  #000000  Billing\n"}, tag("list"))

		assert.Equal(t, result{code: 1, stderr: "voki: a tag of that name exists already\n"}, tag("add", "BILLING"))
		assert.Equal(t, result{code: 1, stderr: "voki: color must be written as #rrggbb\n"}, tag("add", "x", "--color", "red"))
		assert.Equal(t, result{code: 1, stderr: "voki: tag not found: \"Other\" is neither an id nor a name in the catalogue of example\n"}, tag("remove", "Other"))
	})
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, "--demo")
	upload(t, p, "a.txt", []byte("some text"))
	assert.Contains(t, mustVoki(t, "check", "--data", dir), "1 files, 1 recordings: everything is in order")
	require.Zero(t, p.stop())

	files, err := filepath.Glob(filepath.Join(dir, "blobs/files/*/*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.NoError(t, os.WriteFile(files[0], []byte("cut"), 0o600))
	recordings, err := filepath.Glob(filepath.Join(dir, "blobs/recordings/*/*"))
	require.NoError(t, err)
	require.Len(t, recordings, 1)
	require.NoError(t, os.Remove(recordings[0]))
	stray := filepath.Join(dir, "blobs/files/zz")
	require.NoError(t, os.MkdirAll(stray, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(stray, "0zz"), nil, 0o600))

	got := voki(t, "check", "--data", dir)
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.stdout, "has 3 bytes, its row says 9")
	assert.Contains(t, got.stdout, filepath.Base(recordings[0])+": blob not found")
	assert.Contains(t, got.stdout, "files/0zz is named by no row")
	assert.Contains(t, got.stdout, "3 findings")
}

func TestServeRefusesWrongFlags(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close() // nothing was sent
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte("tenants: 1\n"), 0o600))
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"unknown flag":      {[]string{"--adr", "x"}, "unknown flag: --adr\nSee voki serve --help"},
		"argument":          {[]string{"x"}, "unknown command \"x\""},
		"address":           {[]string{"--addr", "4000"}, "--addr: address 4000: missing port in address"},
		"port in use":       {[]string{"--addr", taken.Addr().String()}, "--addr: listen tcp " + taken.Addr().String() + ": bind: address already in use"},
		"directory a file":  {[]string{"--data", file}, "data directory: mkdir " + file + ": not a directory"},
		"no such config":    {[]string{"--config", "/nowhere.yaml"}, "open /nowhere.yaml: no such file"},
		"wrong config":      {[]string{"--config", file}, file + ":1: tenants: must be a list"},
		"store":             {[]string{"--store", "postgres://x"}, `--store: "postgres://x" is not known: there are bolt: and memory:`},
		"public url":        {[]string{"--public-url", "example.com"}, `--public-url: "example.com" is no address`},
		"certificate alone": {[]string{"--tls-cert", file}, "--tls-cert and --tls-key: one needs the other"},
		"certificate":       {[]string{"--tls-cert", file, "--tls-key", file}, "--tls-cert and --tls-key: tls: failed"},
		"proxies":           {[]string{"--trusted-proxies", "10.0.0.0/8,x"}, `--trusted-proxies: "x" is neither an address nor a range`},
		"origins":           {[]string{"--allowed-origins", "app"}, `--allowed-origins: "app" is no address`},
		"limit":             {[]string{"--grace", "60"}, `invalid argument "60" for "--grace" flag: "60" is no duration`},
		"rate":              {[]string{"--public-rate", "-1"}, "--public-rate: -1 is below 0"},
		"no program":        {[]string{"--transcriber-cmd", "no-such-program {input}"}, `--transcriber-cmd: exec: "no-such-program": executable file not found`},
		"no converter":      {[]string{"--transcriber-cmd", "cat", "--audio-cmd", "no-such-program"}, `--audio-cmd: exec: "no-such-program"`},
		"nobody hears":      {[]string{"--audio-cmd", "cat"}, "--audio-cmd: there is nobody who transcribes"},
		"open quote":        {[]string{"--transcriber-cmd", "'sh"}, "--transcriber-cmd: a quote or a backslash is not closed"},
		"no workers":        {[]string{"--ai-workers", "0"}, "--ai-workers: 0 is below 1"},
		"no time":           {[]string{"--ai-limit", "0s"}, "--ai-limit: 0s is no time"},
		"no prompts":        {[]string{"--prompts", "/nowhere"}, "--prompts: stat /nowhere: no such file"},
		"nobody sums up":    {[]string{"--prompts", "."}, "--prompts: there is nobody who writes summaries"},
		"tiny pieces":       {[]string{"--ai-piece", "999"}, "--ai-piece: 999 is below 1000"},
		"log level":         {[]string{"--log-level", "loud"}, `--log-level: "loud" must be`},
		"log format":        {[]string{"--log-format", "xml"}, `--log-format: "xml" must be`},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"serve", "--data", filepath.Join(t.TempDir(), "data"), "--addr", "127.0.0.1:0"}
			got := voki(t, append(args, test.args...)...)
			assert.Equal(t, 1, got.code)
			assert.Contains(t, got.stderr, test.want)
			assert.NotContains(t, got.stdout, "serves")
		})
	}
}

func TestOneServerADirectory(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir)
	got := voki(t, "serve", "--data", dir, "--addr", "127.0.0.1:0")
	assert.Equal(t, 1, got.code)
	assert.Equal(t, "voki: another voki serves "+dir+" (pid "+strconv.Itoa(p.cmd.Process.Pid)+")\n", got.stderr)
}

func TestStaleSocketIsNoServer(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir)
	p.kill()
	require.FileExists(t, filepath.Join(dir, "voki.sock"))
	mustVoki(t, "tag", "add", "--data", dir, "--tenant", "example", "One")
	p = serve(t, dir)
	assert.Contains(t, mustVoki(t, "tag", "list", "--data", dir, "--tenant", "example"), "One")
	assert.Zero(t, p.stop())
	assert.NoFileExists(t, filepath.Join(dir, "voki.sock"))
}

func TestSocketIsForItsOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("a-long-name-", 8), strings.Repeat("a-long-name-", 8))
	serve(t, dir)
	info, err := os.Stat(filepath.Join(dir, "voki.sock"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	assert.Contains(t, mustVoki(t, "check", "--data", dir), "in order", "although the path is too long for a socket")
}

func TestMemoryStore(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, "--store", "memory:", "--demo")
	assert.Equal(t, 142, count(t, p, "completed"))
	assert.Contains(t, mustVoki(t, "check", "--data", dir), "in order")
	got := voki(t, "backup", "--data", dir, filepath.Join(dir, "b.tar.gz"))
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.stderr, "the data is in memory only")
	assert.NoFileExists(t, filepath.Join(dir, "b.tar.gz.tmp"))
	assert.NoFileExists(t, filepath.Join(dir, "voki.db"))
}

// left are the names of what is in a directory; nil if it is not there.
func left(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// put makes files with a content.
func put(t *testing.T, dir, content string, names ...string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o700))
	for _, name := range names {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
}

func TestCommandsWithoutData(t *testing.T) {
	work := t.TempDir()
	put(t, work, oneLine(importRow(1)), "calls.ndjson")
	dir := func(name string) string { return filepath.Join(work, name) }
	require.NoError(t, os.Mkdir(dir("empty"), 0o700))
	put(t, dir("no bytes"), "", "voki.db")
	put(t, dir("stale lock"), "1\n", "voki.lock", "voki.sock")
	put(t, dir("configured"), "tenants: []\n", "voki.yaml")
	put(t, dir("begun"), "", "voki.db", "voki.lock", "voki.yaml")
	for _, name := range []string{"missing", "empty", "no bytes", "stale lock", "configured", "begun"} {
		t.Run(name, func(t *testing.T) {
			before := left(t, dir(name))
			for _, args := range [][]string{
				{"check"},
				{"backup", dir("b.tar.gz")},
				{"erase", "--tenant", "example", "--phone", "1", "--yes"},
				{"export", "--tenant", "example", "--phone", "1", dir("b.tar.gz")},
				{"import", "--tenant", "example", dir("calls.ndjson")},
				{"tag", "list", "--tenant", "example"},
				{"tag", "add", "--tenant", "example", "One"},
				{"tag", "rename", "--tenant", "example", "One", "Two"},
				{"tag", "remove", "--tenant", "example", "One"},
			} {
				got := voki(t, append(args, "--data", dir(name))...)
				want := "voki: no data in " + dir(name) + ": start `voki serve --data " + dir(name) + "` first\n"
				assert.Equal(t, result{code: 1, stderr: want}, got, args)
				assert.Equal(t, before, left(t, dir(name)), args)
			}
		})
	}
	assert.NoDirExists(t, dir("missing"))
	assert.NoFileExists(t, dir("b.tar.gz"))
	assert.NoFileExists(t, dir("b.tar.gz.tmp"))
	assert.Zero(t, serve(t, dir("empty")).stop(), "what failed is not in the way of a server")
}

func TestUnknownTenantIsRefusedBeforeAnythingIsRead(t *testing.T) {
	bothWays(t, func(t *testing.T, dir string) {
		in, open, err := os.Pipe() // which nobody writes to
		require.NoError(t, err)
		defer in.Close()   // nothing was read
		defer open.Close() // nothing was sent
		want := result{code: 1, stderr: "voki: --tenant \"nope\": the configuration names no such company\n"}
		assert.Equal(t, want, command(t, in, environment(), "import", "--data", dir, "--tenant", "nope", "-"))
		for _, args := range [][]string{
			{"tag", "list"},
			{"tag", "add", "One"},
			{"tag", "rename", "One", "Two"},
			{"tag", "remove", "One"},
			{"token", "--user", "ana"},
			{"token", "--user", "ana", "--name", "Ana", "--role", "owner"},
		} {
			assert.Equal(t, want, voki(t, append(args, "--data", dir, "--tenant", "nope")...), args)
		}
	})
}

func TestVersionAndHelp(t *testing.T) {
	assert.Regexp(t, `^voki \S.* go1\.`, mustVoki(t, "version"))
	assert.Regexp(t, `^voki \S`, mustVoki(t, "--version"))
	for _, command := range []string{"serve", "token", "tag add", "tag list", "tag rename", "tag remove", "import", "erase", "export", "backup", "restore", "check"} {
		help := mustVoki(t, append(strings.Fields(command), "--help")...)
		assert.Contains(t, help, "Examples:\n  voki "+command[:3], command)
	}
}
