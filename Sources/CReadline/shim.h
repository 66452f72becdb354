#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <readline/readline.h>
#include <readline/history.h>

// Accessors: the variables of readline are globals, which Swift 6 does not touch directly.

static inline void ntm_set_readline_name(const char *_Nonnull name) { rl_readline_name = name; }
static inline void ntm_set_catch_signals(int flag) { rl_catch_signals = flag; }
static inline void ntm_set_word_breaks(const char *_Nonnull characters) {
  // Kept for good: the caller's text ends with the call.
  char *kept = strdup(characters);
  rl_completer_word_break_characters = kept;
  rl_basic_word_break_characters = kept;
  rl_completer_quote_characters = "";
}
static inline void ntm_set_completion(rl_completion_func_t *_Nonnull function) {
  rl_attempted_completion_function = function;
}
static inline void ntm_prepare_completion(int append_character) {
  rl_attempted_completion_over = 1;
  // No quote behind a name that is not complete: a folder.
  rl_completion_suppress_quote = 1;
  rl_completion_append_character = append_character;
  rl_filename_completion_desired = 0;
}
static inline const char *_Nullable ntm_line_buffer(void) { return rl_line_buffer; }
static inline int ntm_cursor(void) { return rl_point; }
static inline void ntm_use_standard_streams(void) {
  rl_instream = stdin;
  rl_outstream = stdout;
}
/// Draws the line with the cursor at its end.
static inline void ntm_move_behind_line(void) {
  rl_point = rl_end;
  rl_redisplay();
}
static inline void ntm_flush_output(void) { fflush(stdout); }

/// Waits until standard input has something, with the signals of `mask` held back only. Above 0: a
/// key or the end of input; -1: see errno.
static inline int ntm_wait_for_input(const sigset_t *_Nonnull mask) {
  fd_set input;
  FD_ZERO(&input);
  FD_SET(0, &input);
  return pselect(1, &input, NULL, NULL, NULL, mask);
}
