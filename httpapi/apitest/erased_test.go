package apitest

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/privacy"
)

// A call whose customer was erased is shown as any other, without a word of him, and takes none any more.
func TestErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.anonymous().post("/api/v1/call/suporte/join", raw(`{"name":"Maria","email":"maria@example.com","phone":"+55 11 4321"}`))
	require.Equal(t, http.StatusOK, r.status, r)
	v := visit{r.text("data.call_id"), r.text("data.websocket_token"), avanter}
	for _, step := range []string{"/assign", "/start", "/complete"} {
		require.Equal(t, http.StatusOK, w.as(joao).post(path(v, step), nil).status)
	}
	require.Equal(t, http.StatusCreated, w.as(joao).post(path(v, "/upload"), file("maria.txt", "Maria")).status)
	address := w.uploaded(v)
	report, err := w.voki.Privacy.Erase(t.Context(), mario, privacy.Subject{Email: "Maria@Example.com"})
	require.NoError(t, err)
	require.Equal(t, []string{v.id}, report.Calls)

	shown := w.as(ana).get(path(v, ""))
	require.Equal(t, http.StatusOK, shown.status, shown)
	assert.Equal(t, call.ErasedName, shown.text("data.customer_name"))
	assert.Nil(t, shown.value("data.customer_email"))
	assert.Nil(t, shown.value("data.customer_phone"))
	assert.InDelta(t, 0, w.as(joao).get("/api/v1/calls?search=maria").value("meta.total_count"), 0)
	assert.Equal(t, http.StatusNotFound, w.as(joao).get(address).status)

	for name, late := range map[string]reply{
		"upload":    w.as(joao).post(path(v, "/upload"), file("maria.txt", "Maria")),
		"recording": w.as(joao).send("PUT", path(v, "/recording"), webm),
		"note":      w.as(ana).post(path(v, "/manager-notes"), raw(`{"notes":"Maria"}`)),
		"notes":     w.as(joao).post(path(v, "/complete"), raw(`{"notes":"Maria"}`)),
		"evaluate":  w.customer(v).post("/api/v1/call/evaluate/"+v.id, raw(`{"rating":5,"comment":"Maria"}`)),
	} {
		assert.Equal(t, http.StatusConflict, late.status, name)
		assert.Equal(t, "The customer of this call has been erased", late.text("errors.detail"), name)
	}
	assert.Equal(t, http.StatusOK, w.as(joao).post(path(v, "/complete"), nil).status, "as the first time")
}
