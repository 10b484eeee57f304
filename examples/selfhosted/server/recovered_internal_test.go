package server

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/avanter/voki/httpapi"
)

func TestAPanicIsAnsweredAndLogged(t *testing.T) {
	var log bytes.Buffer
	handler := recovered(slog.New(slog.NewTextHandler(&log, nil)), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic("oh no")
	}))
	w := httptest.NewRecorder()
	handler.ServeHTTP(&observedWriter{ResponseWriter: w}, httptest.NewRequest(http.MethodGet, "/", nil))
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.JSONEq(t, `{"errors": {"detail": "Internal server error"}}`, w.Body.String())
	assert.Contains(t, log.String(), "oh no")
}

func TestAReplyThatPanicsMidwayIsCutOff(t *testing.T) {
	handler := recovered(slog.New(slog.DiscardHandler), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		panic("oh no")
	}))
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() {
		handler.ServeHTTP(&observedWriter{ResponseWriter: httptest.NewRecorder()}, httptest.NewRequest(http.MethodGet, "/", nil))
	})
}

func TestRouteOf(t *testing.T) {
	for path, want := range map[string][2]string{
		"/api/v1/calls":                {"/api/v1/calls", ""},
		"/api/v1/calls/x":              {"/api/v1/calls/{id}", "x"},
		"/api/v1/calls/a%2Fb/tags/t":   {"/api/v1/calls/{call_id}/tags/{tag_id}", "a/b"},
		"/api/v1/calls/a%20b":          {"/api/v1/calls/{id}", ""},
		"/api/v1/call/suporte/join":    {"/api/v1/call/{token}/join", ""},
		"/api/v1/call/status/validate": {"/api/v1/call/status/{call_id}", "validate"},
		"/api/v1/calls/x/unknown":      {noRoute, ""},
		"/":                            {noRoute, ""},
	} {
		pattern, id := routeOf(httpapi.Routes(), httptest.NewRequest(http.MethodGet, path, nil))
		assert.Equal(t, want, [2]string{pattern, id}, path)
	}
}
