# SPDX-License-Identifier: GPL-2.0-or-later
bashcompletion_DATA = %D%/bash-completion/egm-streamer
EXTRA_DIST += %D%/bash-completion/egm-streamer
