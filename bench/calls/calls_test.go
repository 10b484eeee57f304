package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// The test's binary is the peers, too.
func TestMain(m *testing.M) {
	if text := os.Getenv(serveAs); text != "" {
		if err := act(text); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

func small(t *testing.T) plan {
	p := quick(standard())
	p.peers, p.progress, p.dir = known, t.Logf, openFolder(t)
	p.parts = []string{"list", "bare", "change"} // to open cold files would empty the machine's cache
	return p
}

// openFolder is one that PostgreSQL, which may be another user, can get into.
func openFolder(t *testing.T) string {
	dir, err := os.MkdirTemp("", "voki-bench")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	return dir
}

// A small run says nothing of the numbers, but that there are some, and that all peers answer the same.
func TestAllPeersAnswerTheSame(t *testing.T) {
	p := small(t)
	var r results
	report, err := p.compare(&r)
	require.NoError(t, err, "built without -tags sqlite_fts5?")
	t.Log("\n" + report)
	for _, q := range questions(p.Calls) {
		for _, peer := range known {
			assert.NotZero(t, r.median(p.key("list", q.Name, peer, "/s, 8 clients")), "%s: %s", peer, q.Name)
		}
		assert.Contains(t, report, "| "+q.title()+" |")
	}
	for _, peer := range known {
		if peer != "memory" {
			assert.NotZero(t, r.median(p.key("change", "8", peer, "/s")), peer)
		}
	}
	for _, way := range bareWays {
		assert.NotZero(t, r.median(p.key("bare", way, "bare", "/s, 8 clients")), way)
	}
	path := filepath.Join(t.TempDir(), "all.csv")
	require.NoError(t, r.write(path))
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, len(r.samples)+1, strings.Count(string(written), "\n"))
}

func TestGrowth(t *testing.T) {
	p := small(t)
	p.svg = filepath.Join(p.dir, "growth.svg")
	var r results
	report, err := growth{sizes: []int{1000}, tenants: []int{1, 10}}.measure(p, &r)
	require.NoError(t, err)
	t.Log("\n" + report)
	assert.Equal(t, 2, strings.Count(report, "first page, newest first"))
	picture, err := os.ReadFile(p.svg)
	require.NoError(t, err)
	assert.Equal(t, 2*len(questions(0)), strings.Count(string(picture), "<polyline"))
	assert.NotContains(t, string(picture), "NaN")
}

func TestTheCallsAreAsTheyAreSaidToBe(t *testing.T) {
	d := data{Calls: 30_000, Tenants: 1}
	var completed, common, rare, accents int
	statuses, departments, users := map[call.Status]bool{}, map[string]bool{}, map[string]bool{}
	before := call.Call{}
	for n := range d.Calls {
		c := d.call(n)
		_, both := folded(c)
		if c.Status == call.Completed {
			completed++
		}
		if strings.Contains(both, commonWord) {
			common++
		}
		if strings.Contains(both, rareWord) {
			rare++
		}
		if call.Fold(c.Customer.Name) != strings.ToLower(c.Customer.Name) {
			accents++
		}
		statuses[c.Status], departments[c.Department.ID], users[c.User.ID] = true, true, true
		require.False(t, c.InsertedAt.Before(before.InsertedAt))
		require.Greater(t, c.ID, before.ID)
		before = c
	}
	assert.InDelta(t, 0.85, float64(completed)/float64(d.Calls), 0.01)
	assert.InDelta(t, 0.10, float64(common)/float64(d.Calls), 0.01)
	assert.Equal(t, d.Calls/rareOneOf, rare)
	assert.Greater(t, accents, d.Calls/4)
	assert.Len(t, statuses, 7)
	assert.Len(t, departments, 12)
	assert.Len(t, users, agents+1) // and nobody, who has what was never assigned
}

func TestChoose(t *testing.T) {
	chosen, err := choose("voki,sqlite,voki")
	require.NoError(t, err)
	assert.Equal(t, []string{"voki", "sqlite"}, chosen)
	_, err = choose("oracle")
	require.ErrorContains(t, err, "oracle")
	require.ErrorContains(t, act(`{"Peer":"nothing"}`), "nothing")
}
