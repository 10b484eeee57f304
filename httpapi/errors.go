package httpapi

import (
	"context"
	"errors"
	"net/http"
	"syscall"
	"unicode"
	"unicode/utf8"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/tag"
)

// The errors that arise here and nowhere else.
var (
	errNoTenant     = errors.New("X-Tenant header is required, once")
	errOtherTenant  = errors.New("the token is of another tenant")
	errNotMultipart = errors.New("content type must be multipart/form-data")
	errBody         = errors.New("request body is cut off or malformed")
	errNoContent    = errors.New("request body is empty")
	errNotJSON      = errors.New("request body must be one JSON object")
	errBodyTooLarge = errors.New("request body is too large")
	errBodySlow     = errors.New("request body did not come in time")
	errOtherCall    = errors.New("the token is of another call")
)

// internalError is all that a client learns of an error that is not its own.
const internalError = "Internal server error"

// refusals is what each error means to a client. The first row that fits counts.
var refusals = []struct {
	is     error
	status int

	// detail is what the reply says. Defaults to the words of the sentinel; own takes those of the error itself.
	detail string
	own    bool
}{
	{is: ErrUnauthorized, status: http.StatusUnauthorized},

	{is: errNoTenant, status: http.StatusBadRequest},
	{is: errNotJSON, status: http.StatusBadRequest},
	{is: errBody, status: http.StatusBadRequest},
	{is: errNoContent, status: http.StatusBadRequest},

	{is: errOtherTenant, status: http.StatusForbidden},
	{is: errOtherCall, status: http.StatusForbidden},
	{is: call.ErrTenantNotFound, status: http.StatusForbidden, detail: "Unknown tenant"},
	{is: call.ErrForbidden, status: http.StatusForbidden, own: true},

	{is: call.ErrNotFound, status: http.StatusNotFound},
	{is: ai.ErrNoTranscript, status: http.StatusNotFound},
	{is: ai.ErrNoSummary, status: http.StatusNotFound},
	{is: tag.ErrNotFound, status: http.StatusNotFound},
	{is: media.ErrFileNotFound, status: http.StatusNotFound},
	{is: media.ErrNoRecording, status: http.StatusNotFound},
	{is: ErrLinkNotFound, status: http.StatusNotFound},

	{is: errNotMultipart, status: http.StatusUnsupportedMediaType},
	{is: errBodySlow, status: http.StatusBadRequest},
	{is: errBodyTooLarge, status: http.StatusRequestEntityTooLarge},
	{is: media.ErrTooLarge, status: http.StatusRequestEntityTooLarge},

	{is: call.ErrQueueFull, status: http.StatusConflict},
	{is: call.ErrRated, status: http.StatusConflict},
	{is: call.ErrRefused, status: http.StatusConflict, own: true},

	{is: storage.ErrFull, status: http.StatusInsufficientStorage, detail: "There is no space left to keep this"},
	{is: storage.ErrDamaged, status: http.StatusServiceUnavailable, detail: "Storage is damaged and has to be repaired"},
	{is: storage.ErrFailed, status: http.StatusServiceUnavailable, detail: "Storage has failed: nothing can be changed until it is repaired"},
	{is: storage.ErrClosed, status: http.StatusServiceUnavailable, detail: "The server is shutting down"},
	{is: syscall.ENOSPC, status: http.StatusInsufficientStorage, detail: "There is no space left to keep this"},
	{is: syscall.EDQUOT, status: http.StatusInsufficientStorage, detail: "There is no space left to keep this"},
	{is: syscall.EMFILE, status: http.StatusServiceUnavailable, detail: "The server has too many files open"},
	{is: syscall.ENFILE, status: http.StatusServiceUnavailable, detail: "The server has too many files open"},
	{is: syscall.EIO, status: http.StatusServiceUnavailable, detail: "Storage could not be read or written"},
	{is: context.DeadlineExceeded, status: http.StatusServiceUnavailable, detail: "The request took too long"},
}

// fail answers a request with an error.
func (rq *request) fail(err error) {
	if rq.w.begun { // a reply that broke off: the client must not take it for whole
		rq.s.o.Logger.WarnContext(rq.ctx(), "a reply broke off", "operation", rq.route.Operation, "error", err)
		panic(http.ErrAbortHandler)
	}
	status, detail, fields := explain(err)
	switch {
	case status < http.StatusInternalServerError:
	case errors.Is(err, context.Canceled): // the client is gone, and nobody reads the reply
	default:
		rq.s.o.Logger.ErrorContext(rq.ctx(), "request failed",
			"operation", rq.route.Operation, "status", status, "error", err)
	}
	rq.discardBody()
	if status == http.StatusUnauthorized {
		rq.w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if fields != nil {
		writeJSON(rq.w, rq.r, http.StatusUnprocessableEntity, envelope{Errors: fields})
		return
	}
	writeError(rq.w, rq.r, status, detail)
}

// explain returns the status and what to say, either a sentence or messages by field.
func explain(err error) (status int, detail string, fields map[string][]string) {
	var invalid interface{ Fields() map[string][]string }
	if errors.As(err, &invalid) {
		return http.StatusUnprocessableEntity, "", invalid.Fields()
	}
	for _, row := range refusals {
		if !errors.Is(err, row.is) {
			continue
		}
		switch {
		case row.own:
			detail = sentence(ownWords(err, row.is).Error())
		case row.detail != "":
			detail = row.detail
		default:
			detail = sentence(row.is.Error())
		}
		return row.status, detail, nil
	}
	return http.StatusInternalServerError, internalError, nil
}

// ownWords unwraps err down to the error that makes it a target, past what was written around it for the log.
func ownWords(err, target error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil || !errors.Is(inner, target) {
			return err
		}
		err = inner
	}
}

func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
