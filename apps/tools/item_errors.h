#pragma once

#include "hourglass/evaluation/item_errors.h"
