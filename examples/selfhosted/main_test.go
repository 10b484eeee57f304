package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/httpapi/jwtauth"
)

// patience is how long a test waits for what must come, on a machine that is busy with something else.
const patience = time.Minute

// secret signs the tokens of the tests.
const secret = "a secret that only the tests know of: 0123456789"

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	for _, name := range []string{"OPENAI_API_KEY", "OPENAI_BASE_URL"} { // what a developer has is no test's
		if err := os.Unsetenv(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	dir, err := os.MkdirTemp("", "voki-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) // a temporary directory
	binary = filepath.Join(dir, "voki")
	args := []string{"build", "-o", binary}
	if raceDetector {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// output is what a process has written so far.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// environment is that of the tests, with their secret. A binary with the race detector sleeps for a second before it
// exits unless it is told not to.
func environment() []string {
	return append(os.Environ(), "VOKI_JWT_SECRET="+secret, "GORACE=atexit_sleep_ms=0")
}

// result is how a command ended.
type result struct {
	code           int
	stdout, stderr string
}

// voki runs a command to its end.
func voki(t testing.TB, args ...string) result {
	t.Helper()
	return command(t, nil, environment(), args...)
}

func command(t testing.TB, stdin io.Reader, env []string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	c := exec.CommandContext(ctx, binary, args...)
	var stdout, stderr bytes.Buffer
	c.Env, c.Stdin, c.Stdout, c.Stderr = env, stdin, &stdout, &stderr
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return result{c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// mustVoki runs a command that succeeds, and returns what it prints.
func mustVoki(t testing.TB, args ...string) string {
	t.Helper()
	r := voki(t, args...)
	require.Zero(t, r.code, "voki %v\n%s%s", args, r.stdout, r.stderr)
	return r.stdout
}

// process is a server that runs.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	url    string
	stdout *output
	stderr *output
	ended  chan struct{}
}

var servesAt = regexp.MustCompile(`serves (https?://\S+)`)

// serve starts a server on a free port and waits until it listens. It is killed at the end of the test at the latest.
func serve(t testing.TB, dir string, args ...string) *process {
	t.Helper()
	return startServer(t, nil, append([]string{"serve", "--addr", "127.0.0.1:0", "--data", dir, "--public-rate", "0"}, args...)...)
}

// startServer runs the binary, below the words of another command if there are any.
func startServer(t testing.TB, below []string, args ...string) *process {
	t.Helper()
	words := append(append([]string{}, below...), binary)
	words = append(words, args...)
	p := &process{t: t, cmd: exec.Command(words[0], words[1:]...), stdout: &output{}, stderr: &output{}, ended: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = environment(), p.stdout, p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, p.cmd.Start())
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // the exit code is asked of ProcessState
	}()
	t.Cleanup(p.kill)
	for limit := time.After(patience); ; {
		if found := servesAt.FindStringSubmatch(p.stdout.String()); found != nil {
			p.url = found[1]
			return p
		}
		select {
		case <-p.ended:
			require.FailNow(t, "the server ended", "%s%s", p.stdout, p.stderr)
		case <-limit:
			require.FailNow(t, "the server does not listen", "%s%s", p.stdout, p.stderr)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// kill ends the process, and what it runs below, at once. One that has ended is left alone: its number may be another's.
func (p *process) kill() {
	select {
	case <-p.ended:
	default:
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // it may end meanwhile
		<-p.ended
	}
}

// stop asks the server to end and returns its exit code.
func (p *process) stop() int {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	return p.wait()
}

// wait waits for the end of the server and returns its exit code.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		require.FailNow(p.t, "the server does not end", "%s", p.stderr)
	}
	return p.cmd.ProcessState.ExitCode()
}

// token signs an access token for a user of a company.
func token(tenant, user, name string, role call.Role) string {
	auth, err := jwtauth.New(jwtauth.Options{Keys: [][]byte{[]byte(secret)}})
	if err != nil {
		panic(err)
	}
	signed, err := auth.Sign(call.Actor{Tenant: tenant, ID: user, Name: name, Role: role}, time.Hour)
	if err != nil {
		panic(err)
	}
	return signed
}

// The users of the tests in the demonstration's company.
var (
	attendant  = token("avanter", "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "João Silva", call.RoleAttendant)
	supervisor = token("avanter", "b2c3d4e5-f6a7-8901-bcde-f12345678901", "Ana Supervisor", call.RoleSupervisor)
)

// reply is an answer of the server.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// ask makes a request of avanter; a body that is JSON is sent as such.
func (p *process) ask(method, path, bearer, body string) (reply, error) {
	r, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
		r.Header.Set("X-Tenant", "avanter")
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return do(r)
}

func do(r *http.Request) (reply, error) { return doBy(http.DefaultClient, r) }

func doBy(client *http.Client, r *http.Request) (reply, error) {
	got, err := client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer got.Body.Close() // only read
	body, err := io.ReadAll(got.Body)
	return reply{got.StatusCode, got.Header, body}, err
}

// must makes a request that is answered with the given status, and returns the body.
func (p *process) must(status int, method, path, bearer, body string) []byte {
	p.t.Helper()
	got, err := p.ask(method, path, bearer, body)
	require.NoError(p.t, err)
	require.Equal(p.t, status, got.status, "%s %s: %s", method, path, got.body)
	return got.body
}

// needs skips the test for a part that is missing, or fails it where everything must be tested.
func needs(t *testing.T, there bool, what string) {
	t.Helper()
	if there {
		return
	}
	if os.Getenv("VOKI_TEST_ALL") == "1" {
		require.FailNow(t, "missing: "+what)
	}
	t.Skip("missing: " + what)
}
