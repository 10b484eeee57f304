package apitest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

// pieces are a recording cut as a browser cuts it: anywhere.
func pieces(content []byte, n int) [][]byte {
	var cut [][]byte
	for part := range slices.Chunk(content, (len(content)+n-1)/n) {
		cut = append(cut, part)
	}
	return cut
}

// A recording comes in by parts of three tracks, in any order and some of them twice, and is one afterwards.
func TestRecordingByParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.callIn(avanter, call.Active)
	c := w.as(joao)
	tracks := map[string][]byte{}
	for _, track := range []string{"mixed", "agent", "customer"} {
		tracks[track] = append(slices.Clone(webm), track...)
		for n, part := range slices.Backward(pieces(tracks[track], 12)) {
			address := path(v, fmt.Sprintf("/recording/%s/%d", track, n))
			first := c.send("PUT", address, part)
			require.Equal(t, http.StatusCreated, first.status, first)
			assert.JSONEq(t, fmt.Sprintf(`{"data":{"track":%q,"n":%d,"size":%d}}`, track, n, len(part)), string(first.body))
			w.unchanged(func() {
				again := c.send("PUT", address, part)
				assert.Equal(t, http.StatusOK, again.status, again)
				assert.Equal(t, string(first.body), string(again.body))
				other := c.send("PUT", address, append([]byte("x"), part...))
				assert.Equal(t, http.StatusConflict, other.status, other)
			})
		}
	}
	assert.Equal(t, false, c.get(path(v, "")).value("data.has_recording"), "before it is finished")
	assert.Equal(t, http.StatusNotFound, c.get(path(v, "/recording")).status)

	require.Equal(t, http.StatusOK, c.post(path(v, "/complete"), nil).status)
	done := c.post(path(v, "/recording/finish"), raw(`{"parts":{"mixed":12,"agent":12,"customer":12}}`))
	require.Equal(t, http.StatusCreated, done.status, done)
	w.unchanged(func() {
		again := c.post(path(v, "/recording/finish"), nil)
		assert.Equal(t, http.StatusOK, again.status, again)
		assert.Equal(t, done.text("data.id"), again.text("data.id"))
	})
	assert.Equal(t, 3, w.blobs.count(), "the parts are gone")
	assert.Equal(t, true, c.get(path(v, "")).value("data.has_recording"))

	for track, want := range tracks {
		facts := c.get(path(v, "/recording?track="+track))
		require.Equal(t, http.StatusOK, facts.status, facts)
		assert.InDelta(t, len(want), facts.value("data.file_size"), 0)
		for _, r := range []reply{w.anonymous().get(facts.text("data.download_url")), c.get(path(v, "/recording/download?track="+track))} {
			require.Equal(t, http.StatusOK, r.status, r)
			assert.Equal(t, string(want), string(r.body))
		}
	}
	assert.Equal(t, string(tracks["mixed"]), string(c.get(path(v, "/recording/download")).body))
	for _, query := range []string{"?track=both", "?track=agent&track=mixed"} {
		assert.Equal(t, http.StatusUnprocessableEntity, c.get(path(v, "/recording"+query)).status)
		assert.Equal(t, http.StatusUnprocessableEntity, c.get(path(v, "/recording/download"+query)).status)
	}
}

// Without a mixed track the agent's is played, and a track that there is not is not found.
func TestRecordingOfOneSide(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.callIn(avanter, call.Active)
	c := w.as(joao)
	for _, track := range []string{"customer", "agent"} {
		require.Equal(t, 201, c.send("PUT", path(v, "/recording/"+track+"/0"), append(slices.Clone(webm), track...)).status)
	}
	require.Equal(t, 201, c.post(path(v, "/recording/finish"), nil).status)
	assert.Equal(t, string(webm)+"agent", string(c.get(path(v, "/recording/download")).body))
	assert.Equal(t, http.StatusNotFound, c.get(path(v, "/recording?track=mixed")).status)
	assert.Equal(t, http.StatusNotFound, c.get(path(v, "/recording/download?track=mixed")).status)
}

func TestUnfinishedParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.callIn(avanter, call.Active)
	c := w.as(joao)
	w.refused("nothing was sent", func() reply { return c.post(path(v, "/recording/finish"), nil) }, 409)
	for _, n := range []int{0, 1, 3} {
		require.Equal(t, 201, c.send("PUT", path(v, fmt.Sprintf("/recording/mixed/%d", n)), pieces(webm, 4)[n]).status)
	}
	for body, want := range map[string]string{
		"":                                `["part 2 of mixed is missing"]`,
		`{"parts":null}`:                  `["part 2 of mixed is missing"]`,
		`{"parts":{"agent":1}}`:           `["part 2 of mixed is missing","part 0 of agent is missing"]`,
		`{"parts":{"mixed":0}}`:           `["is invalid"]`,
		`{"parts":{"mixed":-1}}`:          `["is invalid"]`,
		`{"parts":{"mixed":1.5}}`:         `["is invalid"]`,
		`{"parts":{"mixed":99999999999}}`: `["is invalid"]`,
		`{"parts":{"both":1}}`:            `["is invalid"]`,
		`{"parts":[1]}`:                   `["is invalid"]`,
	} {
		w.refused(body, func() reply {
			r := c.post(path(v, "/recording/finish"), raw(body))
			assert.Equal(t, want, jsonOf(r.value("errors.parts")), body)
			return r
		}, 422)
	}
	require.Equal(t, 201, c.send("PUT", path(v, "/recording/mixed/2"), pieces(webm, 4)[2]).status)
	w.refused("too many", func() reply {
		r := c.post(path(v, "/recording/finish"), raw(`{"parts":{"mixed":3}}`))
		assert.Equal(t, `["mixed has 4 parts, not 3"]`, jsonOf(r.value("errors.parts")))
		return r
	}, 422)
	require.Equal(t, 201, c.post(path(v, "/recording/finish"), raw(`{"parts":{"mixed":4}}`)).status)
	assert.Equal(t, string(webm), string(c.get(path(v, "/recording/download")).body))
}

func TestHostileParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.callIn(avanter, call.Active)
	c := w.as(joao)
	for _, place := range []string{
		"both/0", "MIXED/0", "mixed%20/0", "mixed%00/0", "mixed/-1", "mixed/+1", "mixed/01", "mixed/1.0", "mixed/x", "mixed/20000",
		"mixed/99999999999999999999", "mixed/%00", "..%2f..%2f/0",
	} {
		w.refused(place, func() reply { return c.send("PUT", path(v, "/recording/"+place), webm) }, 422)
	}
	for name, body := range map[string][]byte{
		"another format":  []byte("\x00\x00\x00\x18ftypmp42"),
		"Matroska":        []byte("\x1aE\xdf\xa3\x8bB\x82\x88matroska"),
		"no document":     []byte("\x1aE\xdf\xa3\x80\x18S\x80g"),
		"no size":         append([]byte("\x1aE\xdf\xa3\x00"), make([]byte, 20)...),
		"no id":           append([]byte("\x1aE\xdf\xa3\x9f"), make([]byte, 40)...),
		"an id too long":  []byte("\x08aaaaaaaaaaaaaaaaaaaa"),
		"a word of eight": []byte("\x1aE\xdf\xa3\x8bB\x82\x88webmwebm"),
	} {
		w.refused(name, func() reply { return c.send("PUT", path(v, "/recording/mixed/0"), body) }, 422)
	}
	w.refused("a byte over", func() reply { return c.send("PUT", path(v, "/recording/mixed/1"), make([]byte, maxPart+1)) }, 413)
	w.refused("a byte over, chunked", func() reply {
		return c.send("PUT", path(v, "/recording/mixed/1"), stream{"video/webm", strings.Repeat("x", maxPart+1)})
	}, 413)
	for n := range maxRecording / maxPart {
		require.Equal(t, 201, c.send("PUT", path(v, fmt.Sprintf("/recording/mixed/%d", n+1)), make([]byte, maxPart)).status)
	}
	w.refused("a recording that is full", func() reply { return c.send("PUT", path(v, "/recording/mixed/9"), []byte("x")) }, 413)
	w.refused("a recording without a beginning", func() reply { return c.post(path(v, "/recording/finish"), nil) }, 422)

	// What begins too short is found out in the end.
	v = w.callIn(avanter, call.Active)
	require.Equal(t, 201, c.send("PUT", path(v, "/recording/mixed/0"), []byte("\x1a")).status)
	require.Equal(t, 201, c.send("PUT", path(v, "/recording/mixed/1"), []byte("no WebM")).status)
	w.refused("no WebM", func() reply { return c.post(path(v, "/recording/finish"), nil) }, 422)

	require.Equal(t, 204, w.as(mario).delete(path(v, "/recording")).status, "of one that is not finished")
	v = w.callIn(avanter, call.Active)
	require.Equal(t, 201, c.send("PUT", path(v, "/recording/mixed/0"), webm[:1]).status)
	require.Equal(t, 201, c.send("PUT", path(v, "/recording/mixed/1"), []byte{}).status)
	require.Equal(t, 201, c.send("PUT", path(v, "/recording/mixed/2"), webm[1:]).status)
	require.Equal(t, 201, c.post(path(v, "/recording/finish"), nil).status)
	assert.Equal(t, string(webm), string(c.get(path(v, "/recording/download")).body))
}

// A recording that is removed is gone in every respect but one: the log says that it was.
func TestDeleteRecording(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.furnished(avanter, call.Completed)
	blobs := w.blobs.count()
	facts := w.as(joao).get(path(v, "/recording"))
	require.Equal(t, http.StatusNoContent, w.as(mario).delete(path(v, "/recording")).status)
	assert.Equal(t, blobs-1, w.blobs.count())
	for _, r := range []reply{
		w.as(joao).get(path(v, "/recording")), w.as(joao).get(path(v, "/recording/download")),
		w.anonymous().get(facts.text("data.download_url")), w.as(mario).delete(path(v, "/recording")),
	} {
		assert.Equal(t, http.StatusNotFound, r.status, r)
	}
	details := w.as(joao).get(path(v, ""))
	assert.Equal(t, false, details.value("data.has_recording"))
	assert.Nil(t, details.value("data.recording_url"))
	events := w.log(avanter)
	last := events[len(events)-1]
	assert.Equal(t, call.KindRecordingDeleted, last.Kind)
	assert.Equal(t, []any{mario.ID, call.Data{Subject: facts.text("data.id"), Reason: call.ReasonRequest}}, []any{last.Actor, last.Data})
	assert.Equal(t, http.StatusCreated, w.as(joao).send("PUT", path(v, "/recording"), webm).status, "another may come")
}
