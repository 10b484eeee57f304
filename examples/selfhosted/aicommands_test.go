package main_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestJobsOfArtifacts: what a provider has refused is listed with its reason and made when somebody retries, and what is
// cancelled while it is made is not kept; the commands do so while a server runs, and while none does.
func TestJobsOfArtifacts(t *testing.T) {
	t.Parallel()
	held, release := make(chan struct{}), make(chan struct{})
	s := newScribe(t, &scribe{
		hear: func(n int, _ hearing) scribed {
			if n == 1 {
				return failure(400, "The audio file could not be decoded")
			}
			return speech("portuguese", segment{Text: "Preciso de ajuda."})
		},
		say: func(n int, _ question) scribed {
			if n == 1 {
				close(held)
				<-release
				return sentence("This comes too late.")
			}
			return sentence("O cliente foi atendido.")
		},
	})
	dir := companyWith(t, "")
	p := s.serve(t, dir)
	id := recordedCall(t, p, demoWebM(t))
	jobs := func(args ...string) string {
		return mustVoki(t, append([]string{"jobs", args[0], "--data", dir, "--tenant", "avanter"}, args[1:]...)...)
	}
	transcript, summary := "transcript-"+id, "summary-"+id
	require.Eventually(t, func() bool { return jobs("list", "--queue", "ai", "--state", "failed") != "no jobs\n" },
		patience, 50*time.Millisecond)
	assert.Regexp(t, `\n`+transcript+`  ai +transcript  failed  1 +\S+Z  400 Bad Request: The audio file could not be decoded\n$`, jobs("list"))
	assert.Regexp(t, `\ntry +\S+Z, \S+s: 400 Bad Request: The audio file could not be decoded\n`, jobs("show", transcript))
	p.must(404, "GET", "/api/v1/calls/"+id+"/transcript", supervisor, "")

	assert.Contains(t, jobs("retry", transcript), "  pending  0  ")
	assert.Equal(t, "Preciso de ajuda.", artifact(t, p, id, "transcript").Transcript)
	<-held
	assert.Contains(t, jobs("list", "--state", "running"), summary)
	assert.Contains(t, jobs("cancel", summary), "  cancelled  ")
	close(release)
	require.Zero(t, p.stop())
	assert.Contains(t, jobs("show", summary), "state        cancelled\n")

	assert.Contains(t, jobs("retry", summary), "  pending  0  ")
	p = s.serve(t, dir)
	assert.Equal(t, "O cliente foi atendido.", artifact(t, p, id, "summary").Summary)
	assert.Contains(t, jobs("list", "--call", id, "--state", "done"), "ready\n")
	assert.Len(t, s.hearings(), 2)
	assert.Len(t, s.questions(), 2)
}
