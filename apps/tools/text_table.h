#pragma once

#include "hourglass/core/text_table.h"
