package command_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/ai/command"
)

// shell is a transcriber that runs a script, to which the words follow.
func shell(t testing.TB, o command.Options, script string, words ...string) *command.Transcriber {
	t.Helper()
	o.Words = append([]string{"sh", "-c", script, "script"}, words...)
	c, err := command.New(o)
	require.NoError(t, err)
	return c
}

func audio(content string) ai.Audio {
	return ai.Audio{Content: strings.NewReader(content), Size: int64(len(content)), Format: "webm", Language: "pt-BR"}
}

func TestTranscribe(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		words  []string
		want   string
	}{
		"by standard input": {`echo "in $1:"; cat`, []string{"{lang}"}, "in pt-BR:\nhello"},
		"by a file":         {`echo "$(cat "$1") in ${1##*.}"`, []string{"{input}"}, "hello in webm"},
		"within a word":     {`cat "${1#--file=}"`, []string{"--file={input}"}, "hello"},
		"unread":            {`echo ready`, nil, "ready"},
		"complaints":        {`echo ready; echo hm >&2`, nil, "ready"},
		"a child holds it":  {`echo ready; sleep 60 &`, nil, "ready"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			got, err := shell(t, command.Options{Dir: dir}, test.script, test.words...).Transcribe(t.Context(), audio("hello"))
			require.NoError(t, err)
			assert.Equal(t, ai.Speech{Text: test.want, Language: "pt-BR"}, got)
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}

func TestLanguage(t *testing.T) {
	a := audio("")
	a.Language = ""
	for given, want := range map[string]string{"": "en", "de": "de"} {
		got, err := shell(t, command.Options{Language: given}, `echo $1`, "{lang}").Transcribe(t.Context(), a)
		require.NoError(t, err)
		assert.Equal(t, ai.Speech{Text: want, Language: want}, got)
	}
}

// TestExitCodes: what each means, and that the end of what the program says is in the error.
func TestExitCodes(t *testing.T) {
	for name, test := range map[string]struct {
		script  string
		refused bool
		says    string
	}{
		"unreadable": {`echo no sound >&2; exit 65`, true, "sh: exit status 65: no sound"},
		"failed":     {`echo text; echo no model >&2; exit 1`, false, "sh: exit status 1: no model"},
		"killed":     {`kill -9 $$`, false, "sh: signal: killed"},
		"too much":   {`head -c 9000000 /dev/zero`, true, "wrote more than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := shell(t, command.Options{}, test.script).Transcribe(t.Context(), audio("x"))
			require.ErrorContains(t, err, test.says)
			var refused *ai.Refused
			assert.Equal(t, test.refused, errors.As(err, &refused))
		})
	}
	_, err := shell(t, command.Options{}, `i=0; while [ $i -lt 3000 ]; do echo "line $i" >&2; i=$((i+1)); done; exit 1`).Transcribe(t.Context(), audio("x"))
	require.ErrorContains(t, err, "line 2999")
	assert.Less(t, len(err.Error()), 5000)
	_, err = shell(t, command.Options{}, `echo; echo " "`).Transcribe(t.Context(), audio("x"))
	require.ErrorIs(t, err, ai.ErrEmpty)
}

// TestGivenUp: by its limit or by whoever asked, the program ends with all its children.
func TestGivenUp(t *testing.T) {
	script := `echo going >&2; sleep 600 & echo $$ $! > "$1"; wait`
	t.Run("limit", func(t *testing.T) {
		// A program that has not come so far within the limit, on a machine that is busy, is given a longer one.
		for limit := 100 * time.Millisecond; ; limit *= 4 {
			require.Less(t, limit, time.Minute, "it does not begin")
			pids := filepath.Join(t.TempDir(), "pids")
			_, err := shell(t, command.Options{Limit: limit}, script, pids).Transcribe(t.Context(), audio("x"))
			require.ErrorContains(t, err, "ended after the limit of "+limit.String())
			if going := running(t, pids); going != nil {
				require.ErrorContains(t, err, limit.String()+": going")
				requireDead(t, going)
				return
			}
		}
	})
	t.Run("asked", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		pids, ended := filepath.Join(t.TempDir(), "pids"), make(chan error, 1)
		c := shell(t, command.Options{Limit: time.Hour}, script, pids)
		go func() {
			_, err := c.Transcribe(ctx, audio("x"))
			ended <- err
		}()
		require.Eventually(t, func() bool { return running(t, pids) != nil }, time.Minute, time.Millisecond)
		cancel(errors.New("the server ends"))
		require.ErrorContains(t, <-ended, "the server ends: going")
		requireDead(t, running(t, pids))
	})
}

// running reads the ids of the two processes that the script of TestGivenUp writes; nil if it has not yet.
func running(t *testing.T, file string) (pids []int) {
	content, err := os.ReadFile(file)
	if !errors.Is(err, os.ErrNotExist) {
		assert.NoError(t, err)
	}
	if !strings.HasSuffix(string(content), "\n") {
		return nil
	}
	for _, word := range strings.Fields(string(content)) {
		pid, err := strconv.Atoi(word)
		assert.NoError(t, err)
		pids = append(pids, pid)
	}
	assert.Len(t, pids, 2)
	return pids
}

func requireDead(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		require.Eventually(t, func() bool { return dead(pid) }, time.Minute, 5*time.Millisecond, "process %d lives on", pid)
	}
}

// dead reports whether a process has ended, though nobody may have asked how.
func dead(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(stat), ") Z ")
}

// TestAudioThatBreaksOff: its error comes back, and no file is left.
func TestAudioThatBreaksOff(t *testing.T) {
	broken := errors.New("the disk is gone")
	dir := t.TempDir()
	for _, words := range [][]string{{"{input}"}, nil} {
		a := audio("")
		a.Content = io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken))
		_, err := shell(t, command.Options{Dir: dir}, `cat > /dev/null; echo text`, words...).Transcribe(t.Context(), a)
		require.ErrorIs(t, err, broken)
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		assert.Empty(t, left)
	}
}

// TestLeftovers: what a crash left in a folder of its own is removed, and nothing else.
func TestLeftovers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audio")
	shell(t, command.Options{Dir: dir}, "true")
	for _, name := range []string{"voki-audio-1.webm", "other.webm"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	shell(t, command.Options{Dir: dir}, "true")
	assert.NoFileExists(t, filepath.Join(dir, "voki-audio-1.webm"))
	assert.FileExists(t, filepath.Join(dir, "other.webm"))
}

// TestConverter: the next one hears what the program has made, and is told its size.
func TestConverter(t *testing.T) {
	dir := t.TempDir()
	o := command.Options{Words: []string{"sh", "-c", `tr a-z A-Z < "$1"`, "script", "{input}"}, Dir: dir}
	c, err := command.NewConverter(o, shell(t, command.Options{Dir: dir}, `cat; echo " in $1"`, "{lang}"))
	require.NoError(t, err)
	got, err := c.Transcribe(t.Context(), audio("hello"))
	require.NoError(t, err)
	assert.Equal(t, ai.Speech{Text: "HELLO in pt-BR", Language: "pt-BR"}, got)

	o.Words = []string{"sh", "-c", "echo half; echo no sound >&2; exit 65"}
	c, err = command.NewConverter(o, nil) // which is not asked
	require.NoError(t, err)
	_, err = c.Transcribe(t.Context(), audio("hello"))
	var refused *ai.Refused
	require.ErrorAs(t, err, &refused)
	require.ErrorContains(t, err, "no sound")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
	_, err = command.NewConverter(command.Options{}, nil)
	require.ErrorContains(t, err, "no program")
}

func TestNoSuchProgram(t *testing.T) {
	_, err := command.New(command.Options{Words: []string{"no-such-program"}})
	require.ErrorContains(t, err, "no-such-program")
	_, err = command.New(command.Options{})
	require.ErrorContains(t, err, "no program")
}

func TestSplit(t *testing.T) {
	for line, want := range map[string][]string{
		"":                           nil,
		"  ":                         nil,
		"a b\t c\n":                  {"a", "b", "c"},
		`a 'b  c' "d  e"`:            {"a", "b  c", "d  e"},
		`a'b'"c"d ''`:                {"abcd", ""},
		`a\ b "c\"d" 'e\f'`:          {"a b", `c"d`, `e\f`},
		"prog --file={input} {lang}": {"prog", "--file={input}", "{lang}"},
		"a $HOME *":                  {"a", "$HOME", "*"},
	} {
		got, err := command.Split(line)
		require.NoError(t, err, line)
		assert.Equal(t, want, got, line)
	}
	for _, wrong := range []string{"'a", `a "b`, `a\`} {
		_, err := command.Split(wrong)
		assert.ErrorContains(t, err, "not closed", wrong)
	}
}
