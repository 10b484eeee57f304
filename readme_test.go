package voki_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestReadme compiles and runs every block of Go in README.md, each in a module of its own that depends on this one,
// as a host's module does. The line above a block says what it is:
//
//	<!-- run: program -->   a whole program. It is built and run. If it serves for ever, it has to end, with success,
//	                        when it is interrupted. Ports of 127.0.0.1 are replaced by free ones.
//	<!-- run: test -->      a whole test file. It is run.
//	<!-- run: fragment -->  statements, which are run in a test with what fragmentHead gives them.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	blocks := goBlocks(string(text))
	require.NotEmpty(t, blocks, "README.md shows no Go")

	for _, b := range blocks {
		t.Run(fmt.Sprintf("line %d", b.line), func(t *testing.T) {
			switch b.kind {
			case "program":
				runProgram(t, newHost(t, "main.go", localPort.ReplaceAllString(b.code, "127.0.0.1:0")))
			case "test":
				runTest(t, newHost(t, "readme_test.go", b.code))
			case "fragment":
				runTest(t, newHost(t, "readme_test.go", fragmentHead+b.code+"\n\t}\n}\n"))
			default:
				t.Fatalf("say above the block what it is: <!-- run: program -->, test, or fragment; not %q", b.kind)
			}
		})
	}
}

// fragmentHead is what a fragment finds: what a host application has, and a Voki.
const fragmentHead = `package readme

import (
	"context"
	"net/http"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/avanter/voki"
	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage/bolt"
	"github.com/avanter/voki/storage/memory"
)

type host struct{}

func (host) Authenticate(*http.Request) (call.Actor, error) { return ana, nil }

var (
	ana        = call.Actor{Tenant: "acme", ID: "ana", Name: "Ana", Role: call.RoleManager}
	mySessions host
	blobs      = media.NewMemory()
	mux        = http.NewServeMux()
	lastSeq    uint64

	// interfaces whose nil is a default
	users   call.Directory
	tenants call.Tenants
	billing ai.Plans

	_ = bolt.Open
	_ = httpapi.New
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func handle(call.Event) {}

func TestFragment(t *testing.T) {
	v, err := voki.New(voki.Options{Store: memory.New()})
	check(err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	fragment(t, ctx, g, v)
	cancel()
	check(g.Wait())
}

func fragment(t *testing.T, ctx context.Context, g *errgroup.Group, v *voki.Voki) {
	{ // where a fragment may declare a v of its own
`

var (
	goBlock   = regexp.MustCompile("(?m)(?:^<!-- run: (\\w+) -->\n)?^```go\n((?s:.*?))^```$")
	localPort = regexp.MustCompile(`127\.0\.0\.1:\d+`)
)

type block struct {
	line int
	kind string // as the comment above it says; empty if there is none
	code string
}

func goBlocks(text string) (blocks []block) {
	for _, m := range goBlock.FindAllStringSubmatchIndex(text, -1) {
		b := block{line: 1 + strings.Count(text[:m[4]], "\n"), code: text[m[4]:m[5]]}
		if m[2] >= 0 {
			b.kind = text[m[2]:m[3]]
		}
		blocks = append(blocks, b)
	}
	return blocks
}

func TestGoBlocks(t *testing.T) {
	assert.Equal(t, []block{
		{3, "program", "package main\n"}, {7, "", "x := 1\n\ny := 2\n"}, {16, "test", ""},
	}, goBlocks("<!-- run: program -->\n```go\npackage main\n```\n\n```go\nx := 1\n\ny := 2\n```\n```sh\nls\n```\n"+
		"<!-- run: test -->\n```go\n```\n"))
}

// newHost makes a module that depends on this one, with one file in it, and returns its folder.
func newHost(t *testing.T, file, code string) string {
	t.Helper()
	root, err := os.Getwd()
	require.NoError(t, err)
	mod, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	sum, err := os.ReadFile("go.sum")
	require.NoError(t, err)
	// The versions are this module's own, so nothing has to be looked up.
	host := strings.Replace(string(mod), "module "+module, "module readme", 1) + fmt.Sprintf(
		"\nrequire %[1]s v0.0.0\n\nreplace %[1]s => %[2]s\n", module, root)

	dir := t.TempDir()
	for name, content := range map[string]string{"go.mod": host, "go.sum": string(sum), file: code} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	return dir
}

func runTest(t *testing.T, dir string) {
	t.Helper()
	out, err := goIn(dir, "test", "./...").CombinedOutput()
	require.NoError(t, err, string(out))
}

// runProgram builds a program and runs it. One that has not ended by itself is interrupted; if that came before it was
// ready for it, it is run again and given more time.
func runProgram(t *testing.T, dir string) {
	t.Helper()
	program := filepath.Join(dir, "program")
	out, err := goIn(dir, "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	for patience := 500 * time.Millisecond; ; patience *= 4 {
		output, unready, err := runFor(t, program, patience)
		if unready && patience < 20*time.Second {
			continue
		}
		require.NoError(t, err, output)
		return
	}
}

func runFor(t *testing.T, program string, patience time.Duration) (output string, unready bool, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience+20*time.Second) // and then it is killed
	defer cancel()
	var b bytes.Buffer
	cmd := exec.CommandContext(ctx, program)
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.TempDir(), &b, &b
	require.NoError(t, cmd.Start())
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err = <-done:
		return b.String(), false, err
	case <-time.After(patience):
	}
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	err = <-done
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return b.String(), status.Signaled() && status.Signal() == syscall.SIGINT, err
}

func goIn(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	return cmd
}
