package call_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
)

func TestFieldErrors(t *testing.T) {
	wrong := call.FieldErrors{}
	require.NoError(t, wrong.Err(), "no mistake is no error")

	wrong.Add("name", "can't be blank")
	wrong.Add("email", "is invalid")
	wrong.Add("email", "should be at most 320 character(s)")
	err := fmt.Errorf("enqueue: %w", wrong.Err())
	require.EqualError(t, err,
		"enqueue: email is invalid, should be at most 320 character(s); name can't be blank")
	var fields interface{ Fields() map[string][]string }
	require.True(t, errors.As(err, &fields))
	assert.Equal(t, map[string][]string{
		"name": {"can't be blank"}, "email": {"is invalid", "should be at most 320 character(s)"},
	}, fields.Fields())
	assert.Equal(t, call.FieldErrors{"tag_id": {"can't be blank"}}, call.Invalid("tag_id", "can't be blank"))
}
