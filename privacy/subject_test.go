package privacy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/privacy"
	"github.com/avanter/voki/storage/memory"
)

func TestWhoMayAndForWhom(t *testing.T) {
	w := newWorld(t, memory.New(), nil)
	c := w.full(t, maria, hers)
	subject := privacy.Subject{Email: maria.Email}
	_, err := w.Privacy.Erase(t.Context(), supervisor, subject)
	assert.ErrorIs(t, err, call.ErrForbidden)
	_, err = w.Privacy.Preview(t.Context(), supervisor, subject)
	assert.ErrorIs(t, err, call.ErrForbidden)
	_, err = w.Privacy.Export(t.Context(), supervisor, subject, &strings.Builder{})
	assert.ErrorIs(t, err, call.ErrForbidden)

	stranger := manager
	stranger.Tenant = "globex"
	r, err := w.Privacy.Erase(t.Context(), stranger, subject)
	require.NoError(t, err)
	assert.Empty(t, r.Calls)

	for _, nobody := range []privacy.Subject{
		{}, {Email: " "}, {Phone: "\t"}, {Phone: "unknown"}, {Email: "\u0301"}, {Email: maria.Email, Phone: "-"},
	} {
		_, err := w.Privacy.Erase(t.Context(), manager, nobody)
		var wrong call.FieldErrors
		assert.ErrorAs(t, err, &wrong, "%+v", nobody)
	}
	got, err := w.Calls.Get(t.Context(), manager, c.ID)
	require.NoError(t, err)
	assert.False(t, got.Erased())
}

func TestWhoIsMeant(t *testing.T) {
	for _, test := range []struct {
		customer call.Customer
		subject  privacy.Subject
		is       bool
	}{
		{call.Customer{Email: "João@Example.com"}, privacy.Subject{Email: "joÃo@example.COM"}, true},
		{call.Customer{Email: "joão@example.com"}, privacy.Subject{Email: "joao@example.com"}, false},
		{call.Customer{Email: "ana@example.com"}, privacy.Subject{Email: "na@example.com"}, false},
		{call.Customer{Email: "ana@example.com"}, privacy.Subject{Email: "ana@example.com.br"}, false},
		{call.Customer{Email: "5511@example.com"}, privacy.Subject{Phone: "5511"}, false},
		{call.Customer{Phone: "5511"}, privacy.Subject{Email: "5511"}, false},
		{call.Customer{Phone: "+55 (11) 9-8765.4321"}, privacy.Subject{Phone: "5511987654321"}, true},
		{call.Customer{Phone: "５５11 98765 4321"}, privacy.Subject{Phone: "+5511987654321"}, true},
		{call.Customer{Phone: "11 98765-4321"}, privacy.Subject{Phone: "+5511987654321"}, false},
		{call.Customer{Phone: "none"}, privacy.Subject{Email: "a@example.com", Phone: "1"}, false},
		{call.Customer{Email: "a@example.com", Phone: "2"}, privacy.Subject{Email: "a@example.com", Phone: "1"}, true},
		{call.Customer{Email: "b@example.com", Phone: "1"}, privacy.Subject{Email: "a@example.com", Phone: "1"}, true},
	} {
		w := newWorld(t, memory.New(), nil)
		test.customer.Name = "X"
		c := w.complete(t, w.enqueue(t, test.customer, ""), "")
		got := w.erase(t, test.subject).Calls
		assert.Equal(t, test.is, len(got) == 1 && got[0] == c.ID, "%+v is %+v", test.customer, test.subject)
	}
}
