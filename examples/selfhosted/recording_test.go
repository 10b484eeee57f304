package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A recording of which half came before a kill -9 and half after it is whole, plays as long as it should, and leaves
// nothing behind when it is removed.
func TestRecordingByPartsOutlivesTheProcess(t *testing.T) {
	content, err := os.ReadFile("demo/recording.webm")
	require.NoError(t, err)
	dir := t.TempDir()
	p := serve(t, dir, "--demo")
	path := "/api/v1/calls/" + queuedCall(t, p)
	p.must(200, "POST", path+"/assign", attendant, "")
	p.must(200, "POST", path+"/start", attendant, "")
	n := 0
	for part := range slices.Chunk(content, len(content)/7+1) {
		if n == 4 {
			p.kill()
			p = serve(t, dir, "--demo")
			p.must(200, "PUT", fmt.Sprintf("%s/recording/mixed/%d", path, 0), attendant, string(content[:len(content)/7+1]))
		}
		p.must(201, "PUT", fmt.Sprintf("%s/recording/mixed/%d", path, n), attendant, string(part))
		n++
	}
	assert.Contains(t, mustVoki(t, "check", "--data", dir), "recordings", "while parts are there")
	var got struct {
		Data struct {
			Duration int `json:"duration"`
		}
	}
	require.NoError(t, json.Unmarshal(p.must(201, "POST", path+"/recording/finish", attendant, fmt.Sprintf(`{"parts":{"mixed":%d}}`, n)), &got))
	assert.Equal(t, 345, got.Data.Duration, "of the file, for the call has just begun")
	assert.Equal(t, content, p.must(200, "GET", path+"/recording/download", attendant, ""))
	mustVoki(t, "check", "--data", dir)

	owner := token("avanter", "olga", "Olga", "owner")
	p.must(204, "DELETE", path+"/recording", owner, "")
	p.must(404, "GET", path+"/recording", owner, "")
	assert.Equal(t, 0, p.stop())
	mustVoki(t, "check", "--data", dir)
}
