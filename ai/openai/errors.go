package openai

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	sdk "github.com/openai/openai-go/v3"

	"github.com/avanter/voki/ai"
)

// explain says what an error of the SDK means for who may ask again.
func explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var answered *sdk.Error
	if !errors.As(err, &answered) {
		return err
	}
	if answered.Code == "audio_too_short" { // less than a tenth of a second
		return ai.ErrEmpty
	}
	err = fmt.Errorf("%d %s%s", answered.StatusCode, http.StatusText(answered.StatusCode), reason(answered))
	switch answered.StatusCode {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
	default:
		if answered.StatusCode < http.StatusInternalServerError {
			return &ai.Refused{Err: err}
		}
	}
	if after := retryAfter(answered.Response, time.Now()); after > 0 {
		return &ai.Retry{After: after, Err: err}
	}
	return err
}

// maxReason is how many characters of a server's message go into an error.
const maxReason = 300

// reason is what the server says beside the status, on one line.
func reason(e *sdk.Error) string {
	r := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(e.Message, "")), " "))
	if len(r) > maxReason {
		r = append(r[:maxReason], '…')
	}
	if len(r) == 0 {
		return ""
	}
	return ": " + string(r)
}

// retryAfter reads the header of that name, in seconds or as a date; 0 without one.
func retryAfter(reply *http.Response, now time.Time) time.Duration {
	if reply == nil {
		return 0
	}
	value := reply.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(0, seconds), maxRetryAfter)) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(0, at.Sub(now)), maxRetryAfter*time.Second)
}

// maxRetryAfter is the longest pause in seconds that a server may ask for.
const maxRetryAfter = 24 * 3600
