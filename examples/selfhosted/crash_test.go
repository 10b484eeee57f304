package main_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rounds is how often a test is repeated: as often as the variable says, or else so often, for at most so long.
func rounds(t *testing.T, variable string, usual int, most time.Duration, round func(n int)) {
	t.Helper()
	count, forced := usual, false
	if s := os.Getenv(variable); s != "" {
		n, err := strconv.Atoi(s)
		require.NoError(t, err, variable)
		count, forced = n, true
	}
	began := time.Now()
	for n := range count {
		if !forced && time.Since(began) > most {
			t.Logf("%d rounds of %d in %s; %s asks for more", n, count, most, variable)
			return
		}
		round(n)
		if t.Failed() {
			t.Fatalf("failed in round %d", n)
		}
	}
}

// startAnew is after so many rounds: what has come together is looked through in each, which takes longer and longer.
const startAnew = 50

// TestNothingAcknowledgedIsLostByKill kills the server under load, again and again. VOKI_CRASH_ROUNDS says how often.
func TestNothingAcknowledgedIsLostByKill(t *testing.T) {
	dir := ""
	acknowledged, finished, uploads := 0, 0, 0
	rounds(t, "VOKI_CRASH_ROUNDS", 30, 40*time.Second, func(n int) {
		if n%startAnew == 0 {
			dir = t.TempDir()
			require.Zero(t, serve(t, dir, "--demo").stop())
		}
		p, l := serve(t, dir), &ledger{}
		stop := make(chan struct{})
		done := make(chan struct{})
		go func() {
			defer close(done)
			l.load(p, 16, stop)
		}()
		slowUpload(t, p) // is always under way
		if n%2 == 0 {    // the others are killed early, too
			require.Eventually(t, func() bool { return l.through.Load() > 0 }, patience, time.Millisecond)
		}
		time.Sleep(time.Duration(100+rand.IntN(500)) * time.Millisecond)
		p.kill()
		close(stop)
		<-done

		p = serve(t, dir)
		l.verify(t, p)
		inOrder(t, dir)
		p.kill()
		acknowledged, finished = acknowledged+len(l.facts), finished+l.finished()
		uploads += l.uploads()
	})
	t.Logf("%d calls acknowledged, %d of them through their whole life, and %d uploads", acknowledged, finished, uploads)
	assert.Positive(t, finished)
	assert.Positive(t, uploads)
}

// TestLimitsThatPassedMeanwhileFireAtOnce leaves a call of every open state behind in a server that is dead while
// their limits pass.
func TestLimitsThatPassedMeanwhileFireAtOnce(t *testing.T) {
	// If a machine that is busy needs longer than that to take the calls so far, the limit is longer.
	limit := time.Second
	dir, ids := leftInTime(t, limit)
	for ; ids == nil; dir, ids = leftInTime(t, limit) {
		limit *= 4
		require.Less(t, limit, 10*time.Minute)
	}
	time.Sleep(limit + 100*time.Millisecond) // the limits pass while nothing runs

	p := serve(t, dir)
	began := time.Now()
	for status, want := range map[string][2]string{
		"queued": {"abandoned", "abandoned"}, "assigned": {"missed", "timeout"}, "active": {"completed", "timeout"},
	} {
		var got struct {
			Data struct {
				Status string
				Reason string `json:"end_reason"`
			}
		}
		require.Eventually(t, func() bool {
			require.NoError(t, json.Unmarshal(p.must(200, "GET", "/api/v1/calls/"+ids[status], attendant, ""), &got))
			return got.Data.Status == want[0] && got.Data.Reason == want[1]
		}, patience, 10*time.Millisecond, "%s: %v", status, want)
	}
	t.Logf("limits that had passed were applied %s after the restart", time.Since(began))
	inOrder(t, dir)
}

// leftInTime makes a call of every open state and kills the server, all within the limit of each; ids is nil if it took
// longer.
func leftInTime(t *testing.T, limit time.Duration) (dir string, ids map[string]string) {
	t.Helper()
	dir, ids = t.TempDir(), map[string]string{}
	p := serve(t, dir, "--demo", "--queue-limit", limit.String(), "--answer-limit", limit.String(), "--longest", limit.String())
	began := time.Now()
	for _, status := range []string{"queued", "assigned", "active"} {
		var joined struct {
			Data struct {
				ID string `json:"call_id"`
			}
		}
		require.NoError(t, json.Unmarshal(p.must(200, "POST", "/api/v1/call/suporte/join", "", `{"name": "Maria"}`), &joined))
		ids[status] = joined.Data.ID
		path := "/api/v1/calls/" + ids[status]
		for _, step := range map[string][]string{"assigned": {"/assign"}, "active": {"/assign", "/start"}}[status] {
			got, err := p.ask("POST", path+step, attendant, "")
			require.NoError(t, err)
			if got.status != http.StatusOK && time.Since(began) >= limit {
				p.kill()
				return dir, nil
			}
			require.Equal(t, http.StatusOK, got.status, "%s", got.body)
		}
	}
	p.kill()
	if time.Since(began) >= limit {
		return dir, nil
	}
	return dir, ids
}
