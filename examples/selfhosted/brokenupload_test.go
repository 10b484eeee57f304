package main_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// beginPut sends the head of a PUT of the attendant's and half of its body; what becomes of it is the test's affair.
func beginPut(t *testing.T, p *process, path string, content []byte, chunked bool) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	length, half := fmt.Sprintf("Content-Length: %d", len(content)), string(content[:len(content)/2])
	if chunked {
		length, half = "Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s\r\n", len(half), half)
	}
	_, err = fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: voki\r\nAuthorization: Bearer %s\r\nX-Tenant: avanter\r\n%s\r\n\r\n%s", path, attendant, length, half)
	require.NoError(t, err)
	return conn.(*net.TCPConn)
}

// unfinished waits until voki check tells of so many uploads that are not finished.
func unfinished(t *testing.T, dir string, want int) {
	t.Helper()
	require.Eventually(t, func() bool {
		told := "unfinished uploads: 0 " + mustVoki(t, "check", "--data", dir)
		return strings.Contains(told[strings.LastIndex(told, "unfinished"):], fmt.Sprintf("unfinished uploads: %d ", want))
	}, patience, 20*time.Millisecond)
}

// TestUploadsThatBreakOff: whichever way an upload breaks off, nothing of it is left, nothing is stuck, and the next one
// is taken.
func TestUploadsThatBreakOff(t *testing.T) {
	t.Parallel()
	content := demoWebM(t)
	dir := companyWith(t, "")
	p := serve(t, dir)
	for _, what := range []string{"/recording", "/recording/mixed/0"} {
		t.Run(what, func(t *testing.T) {
			path := "/api/v1/calls/" + activeCall(t, p)
			before := kept(t, dir)
			p.must(422, "PUT", path+what, attendant, "RIFF, and so no WebM")
			for _, reset := range []bool{false, true} {
				conn := beginPut(t, p, path+what, content, reset)
				unfinished(t, dir, 1)
				if reset {
					require.NoError(t, conn.SetLinger(0))
				} else {
					require.NoError(t, conn.CloseWrite())
					requireRefused(t, conn)
				}
				require.NoError(t, conn.Close())
				unfinished(t, dir, 0)
				assert.Equal(t, before, kept(t, dir))
				p.must(404, "GET", path+"/recording", attendant, "")
				p.must(409, "POST", path+"/recording/finish", attendant, "")
			}
			whole(t, p, path, what, content)
		})
	}
	require.Zero(t, p.stop())
	assert.Contains(t, mustVoki(t, "check", "--data", dir), "0 files, 2 recordings: everything is in order")
}

// requireRefused reads the answer to an upload of which too little came.
func requireRefused(t *testing.T, conn net.Conn) {
	t.Helper()
	got, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadRequest, got.StatusCode)
	require.NoError(t, got.Body.Close())
}

// whole sends what broke off before, and sees that it is the call's recording.
func whole(t *testing.T, p *process, path, what string, content []byte) {
	t.Helper()
	p.must(201, "PUT", path+what, attendant, string(content))
	if what != "/recording" {
		p.must(201, "POST", path+"/recording/finish", attendant, "")
	}
	assert.Equal(t, content, p.must(200, "GET", path+"/recording/download", attendant, ""))
}

// TestUploadsThatStandStill: one that stands still holds up no other of the same part or call, is given up by the server,
// and if the server dies with it, it is gone with the next start.
func TestUploadsThatStandStill(t *testing.T) {
	t.Parallel()
	content := demoWebM(t)
	dir := companyWith(t, "")
	p := serve(t, dir)
	var ends []*net.TCPConn
	for _, what := range []string{"/recording", "/recording/mixed/0"} {
		path := "/api/v1/calls/" + activeCall(t, p)
		ends = append(ends, beginPut(t, p, path+what, content, false))
		whole(t, p, path, what, content)
	}
	for _, conn := range ends { // half a minute later
		requireRefused(t, conn)
	}
	unfinished(t, dir, 0)
	assert.Len(t, kept(t, dir), 2)

	path := "/api/v1/calls/" + activeCall(t, p)
	beginPut(t, p, path+"/recording/mixed/0", content, false)
	beginPut(t, p, path+"/recording", content, false)
	unfinished(t, dir, 2)
	p.kill()
	p = serve(t, dir)
	unfinished(t, dir, 0)
	assert.Len(t, kept(t, dir), 2)
	whole(t, p, path, "/recording/mixed/0", content)
}
